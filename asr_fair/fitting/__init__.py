"""From a recording of a place to a noise profile."""
