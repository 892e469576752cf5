"""The measures of TransNetV2 that both its builder and its runner need (Souček and Lokoč, arXiv 2008.04838)."""

HEIGHT, WIDTH = 27, 48
"""Of the frames that it looks at."""

CONTEXT_FRAMES = 25
"""Frames on either side of those that are judged: its authors judge the middle 50 of 100."""

BAND = 101
"""With how many frames around it, itself among them, each is compared."""
