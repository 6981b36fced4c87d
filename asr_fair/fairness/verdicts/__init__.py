"""What the declared comparisons allow to say, and how far all groups are apart."""
