"""Stacks compose constructs and grant permissions; they build nothing themselves."""
