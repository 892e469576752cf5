"""Fifty reviewers on a catalog of 100,000 clips."""
