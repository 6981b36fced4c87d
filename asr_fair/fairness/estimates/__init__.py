"""Figures with intervals from the jackknife over speakers."""
