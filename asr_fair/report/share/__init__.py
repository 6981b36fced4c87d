"""The package of results that leaves the house: its files and their list."""
