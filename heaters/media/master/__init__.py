"""The lossless archive copy, in segments. Never reads a proxy."""
