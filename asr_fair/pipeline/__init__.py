"""Joins the stages; each reads and writes files, so that any of them can be run again alone."""
