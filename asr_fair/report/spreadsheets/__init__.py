"""Rows for `tables/*.csv`."""
