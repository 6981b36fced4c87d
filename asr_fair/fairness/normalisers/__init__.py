"""How far figures and verdicts depend on how words are counted."""
