"""The CDK app: what is deployed.

Knows of the library the domain only, and handlers by their paths. Runs nothing on this machine.
"""
