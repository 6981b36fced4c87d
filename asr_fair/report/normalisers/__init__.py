"""What the report says of the normaliser as a factor."""
