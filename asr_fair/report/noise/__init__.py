"""What the report says of noise, rooms and handsets."""
