"""What a source video is, as found by probing it. Decides nothing about what is made of it."""
