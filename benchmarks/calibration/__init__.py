"""Is the statistics calibrated? Simulated data with a known truth, through the public functions."""
