"""Entry points of what runs models: clips of a wave, and queries."""
