"""What the report says of two systems."""
