"""How videos come in, and what is told to Step Functions: uploads, URLs, executions.

Runs no stage and touches no media.
"""
