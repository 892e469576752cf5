"""The light Lambdas: one file, one function, called by the state machine or by events.

What they share is in `support`. They carry no media and no models.
"""
