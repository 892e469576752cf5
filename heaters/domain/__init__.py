"""The rules of Heaters as plain values and functions: no I/O, no clock, no randomness, no environment."""
