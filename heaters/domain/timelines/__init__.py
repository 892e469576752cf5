"""Timelines as editing programs write and read them: a format a module, and in `formats` the table of all.

A new format is a module with one FileFormat and one row of that table; the API and its document follow. Reads and
writes text, never files.
"""
