"""What cdk-nag's AWS Solutions rules find and we accept, each with its reason, said where it is granted.

Synthesis fails on any finding that is not accepted here, so that none can be overlooked.
"""

from typing import Any

from aws_cdk import Acknowledgment, App, Stack, Validations
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct


def check_all(app: App) -> None:
    """Apply the AWS Solutions rules to every stack when `app` is synthesized."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def accept(construct: IConstruct, rule: str, *, reason: str) -> None:
    """Accept what `rule` (`SF1`) finds on `construct` and below."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def accept_any_resource(construct: IConstruct, *, reason: str) -> None:
    """Accept actions on `*`, for actions that IAM cannot confine to a resource."""
    accept(construct, "IAM5[Resource::*]", reason=reason)


def accept_wildcard(construct: IConstruct, arn: str, *, reason: str) -> None:
    """Accept an ARN that ends in a wildcard and belongs to the construct's own stack."""
    accept(construct, f"IAM5[Resource::{_flatten(Stack.of(construct).resolve(arn))}]", reason=reason)


def accept_prefix(construct: IConstruct, bucket: s3.IBucket, prefix: str) -> None:
    """Accept all objects under one prefix of the media bucket."""
    home = Stack.of(bucket)
    arn = bucket.bucket_arn if home is Stack.of(construct) else home.export_value(bucket.bucket_arn)
    accept(
        construct,
        f"IAM5[Resource::{_flatten(home.resolve(arn))}/{prefix}*]",
        reason="Keys are made of ids that are not known beforehand; the prefix is as narrow as a grant can be.",
    )


def _flatten(value: Any) -> str:
    """A resolved ARN as cdk-nag spells it in its findings: `arn:<AWS::Partition>:states:...`."""
    if isinstance(value, str):
        return value
    (function, argument), *_ = value.items()
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator.join(_flatten(part) for part in parts))
    if function == "Fn::ImportValue":
        return _flatten(argument)
    return f"<{argument if function == 'Ref' else '.'.join(argument)}>"
