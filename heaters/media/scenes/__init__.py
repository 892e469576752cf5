"""Scores to cuts: PySceneDetect's rule, fades, dissolves and flashes. Works on arrays; decodes nothing."""
