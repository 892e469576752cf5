"""What the pipeline does, in Postgres: which stage begins, what its result changes, what its failure leaves.

Never decides anything about clips that people review.
"""
