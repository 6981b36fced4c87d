"""What a gate found, and how it is told: in a terminal, to CI systems, in a summary."""
