"""What a local cloud takes from the machine: processes, Postgres, ports, folders, the synthesized stacks.

Knows no service of AWS.
"""
