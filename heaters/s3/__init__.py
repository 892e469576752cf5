"""Objects in the media bucket: the only room of the library that knows boto3 and botocore.

Forms no key; those are in `domain.object_keys`.
"""
