"""What the page of `asr-fair compare` says."""
