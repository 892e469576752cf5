"""What outlives a deployment: the media bucket, the catalog, the network they are reached by.

Knows nothing that uses them.
"""
