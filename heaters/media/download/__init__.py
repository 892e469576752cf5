"""A URL to a whole, readable file: yt-dlp behind a guard that no address inside the network passes. Makes no proxy."""
