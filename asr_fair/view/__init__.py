"""The browser of a run: utterances, their words and their sound, on loopback or as a folder of pages."""
