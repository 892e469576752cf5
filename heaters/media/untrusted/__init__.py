"""What runs programs on strangers' bytes: limits, argv, recognising containers.

Everything else of media stands on it; it knows no topic of theirs.
"""
