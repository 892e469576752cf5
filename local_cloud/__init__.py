"""The synthesized template, run on one machine: `python -m local_cloud run | demo PATH… | token [USER]`.

Knows what the CDK app writes, never its code: cdk.out is all it reads of it.
"""
