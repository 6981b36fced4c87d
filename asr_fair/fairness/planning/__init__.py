"""What data could show before anything is transcribed."""
