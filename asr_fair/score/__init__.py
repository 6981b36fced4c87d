"""Scoring: the same normaliser on both sides, then integer counts of word errors."""
