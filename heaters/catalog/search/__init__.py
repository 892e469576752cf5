"""Vectors in pgvector: stored, searched and compared. Never makes one."""
