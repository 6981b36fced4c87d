"""What a sound, a room or a handset is, in figures: validated YAML, each figure with its evidence."""
