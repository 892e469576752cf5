"""Files in, files and results out. One room a topic; none knows S3, a database or a model."""
