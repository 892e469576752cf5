"""The review proxy: what it shall be, and the one decode that makes it, whole or in pieces.

With it come scene scores and the storyboard. Finds no cuts.
"""
