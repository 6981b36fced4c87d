"""What a microphone, a codec and a network do to speech."""
