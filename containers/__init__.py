"""What runs inside the container images. Heavy stages see S3 and nothing else: no database here."""
