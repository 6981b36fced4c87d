"""Static pictures, each with what it shows in words."""
