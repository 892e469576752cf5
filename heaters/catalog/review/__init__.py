"""What reviewers do, in Postgres: actions, their log, leases and gates.

Never runs a stage; imports nothing of `stages`.
"""
