"""S3 as far as Heaters uses it: versioned objects in files, multipart uploads, presigned links.

Knows no other service.
"""
