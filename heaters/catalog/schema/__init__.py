"""The schema: numbered migrations, applied once each, and the role that works on it.

Reads and writes no rows of videos.
"""
