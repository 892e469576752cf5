"""What every bucket here is: private, encrypted, reached over TLS only, and kept when its stack goes."""

from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct


def make_private_bucket(scope: Construct, construct_id: str, **rest: Any) -> s3.Bucket:
    """A bucket that nobody gets into but by a permission of ours; `rest` is what s3.Bucket takes besides."""
    return s3.Bucket(
        scope,
        construct_id,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        removal_policy=RemovalPolicy.RETAIN,
        **rest,
    )


def make_versioned_bucket(
    scope: Construct, construct_id: str, *, logs: s3.IBucket, logs_prefix: str, **rest: Any
) -> s3.Bucket:
    """A private bucket in which nothing is lost by being overwritten, and whose visits are logged in another."""
    return make_private_bucket(
        scope,
        construct_id,
        versioned=True,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        minimum_tls_version=1.2,
        server_access_logs_bucket=logs,
        server_access_logs_prefix=logs_prefix,
        **rest,
    )
