"""Parts of a proxy by its frame index: exports and stills. Copies samples; encodes no video."""
