"""Search among 250,000 vectors."""
