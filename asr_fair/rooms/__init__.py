"""Room responses that have the reverberation time asked for."""
