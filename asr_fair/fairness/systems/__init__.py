"""Two recognisers on the same utterances."""
