"""From a file or URL to checked mono samples at one sample rate, and their levels."""
