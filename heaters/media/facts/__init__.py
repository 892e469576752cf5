"""What every frame of a proxy is like (bright, sharp, still, framed in black, silent), and any clip in consequence.

Numbers only: nothing here decides whether a clip is a good one, and nothing decodes a video.
"""
