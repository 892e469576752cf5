"""Scene detectors on composed videos with known truth."""
