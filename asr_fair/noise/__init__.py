"""Noise of a profile as samples: made from figures, from recordings, or from other voices."""
