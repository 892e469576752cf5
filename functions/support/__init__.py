"""What several light functions need: settings and clients, results in the bucket, parts of the sweeper.

No handler lies here.
"""
