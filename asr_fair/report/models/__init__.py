"""What the report says of models."""
