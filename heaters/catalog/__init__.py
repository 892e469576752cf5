"""Postgres with visible SQL: one statement per function, one conditional UPDATE per transition.

Here lies what all rooms below share: connections, rows and reads for people. Knows no S3, no ffmpeg and no model.
"""
