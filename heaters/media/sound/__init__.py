"""How loud a proxy is, fifty times a second: for a waveform, and for where nothing is heard.

Reads the proxy's own sound, so it says what reviewers hear, however the proxy was made. Encodes nothing.
"""
