"""Named recipes of noise, rendered onto speech as pure functions of seed, utterance and condition."""
