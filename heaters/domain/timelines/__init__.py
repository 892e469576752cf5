"""Timelines as editing programs write and read them: a format a file, and the table of all.

Reads and writes text, never files.
"""
