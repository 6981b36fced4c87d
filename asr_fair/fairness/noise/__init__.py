"""What noise, rooms and handsets take from a group beyond what they take from another."""
