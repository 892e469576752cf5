"""What people type: run, demo, token; and what they read while it works."""
