"""Draws of whole speakers: bootstrap intervals, and intervals that hold together."""
