"""What each speaker adds to a group: who is in it, and integers that are added up once."""
