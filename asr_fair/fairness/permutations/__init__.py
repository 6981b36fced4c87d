"""Whether groups differ at all: whole speakers, or the sides of each, change places."""
