"""The queue of what could not be delivered: looked at by people, after the alarm that counts it."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

RETENTION = Duration.days(14)
"""The longest that SQS keeps a message."""


def make_dead_letters(scope: Construct) -> sqs.Queue:
    """The dead-letter queue of whatever `scope` delivers."""
    return sqs.Queue(
        scope,
        "DeadLetters",
        enforce_ssl=True,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        retention_period=RETENTION,
    )
