"""What boto3 raises for any service of AWS, for those who translate it and must not import boto3 themselves."""

from botocore.exceptions import BotoCoreError, ClientError

AWS_FAULTS: tuple[type[Exception], ...] = (BotoCoreError, ClientError)
"""The service could not be reached, or it refused; a refusal that is an ordinary case is caught before these."""
