"""Policy statements that several roles share: objects in the media bucket, and a Lambda's log and network."""

from collections.abc import Iterable

from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import accept_any_resource, accept_prefix


def allow_objects(
    role: iam.IRole,
    bucket: s3.IBucket,
    *,
    reads: Iterable[str] = (),
    writes: Iterable[str] = (),
    deletes: Iterable[str] = (),
    lists_versions: bool = False,
) -> None:
    """Let `role` use objects under these prefixes. Who may read may list, or a missing object looks forbidden."""
    table = {
        ("s3:GetObject", "s3:GetObjectVersion"): sorted(reads),
        ("s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload"): sorted(writes),
        ("s3:DeleteObject",): sorted(deletes),
    }
    for actions, prefixes in table.items():
        if prefixes:
            resources = [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
            role.add_to_principal_policy(iam.PolicyStatement(actions=list(actions), resources=resources))
            for prefix in prefixes:
                accept_prefix(role, bucket, prefix)
    listed = ["s3:ListBucket", "s3:ListBucketVersions"] if lists_versions else ["s3:ListBucket"]
    if any(table.values()):
        role.add_to_principal_policy(iam.PolicyStatement(actions=listed, resources=[bucket.bucket_arn]))


def allow_multipart_uploads(role: iam.IRole, bucket: s3.IBucket, prefix: str) -> None:
    """Let `role` begin an upload under `prefix`, sign links to its parts, list them, and complete or abort it."""
    actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    resource = bucket.arn_for_objects(f"{prefix}*")
    role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
    accept_prefix(role, bucket, prefix)


def make_lambda_role(scope: Construct, *, purpose: str, log_group: logs.ILogGroup, in_vpc: bool) -> iam.Role:
    """A role for one Lambda: it may write its own log and, inside the VPC, have network interfaces."""
    role = iam.Role(
        scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=purpose
    )
    log_group.grant_write(role)
    accept_any_resource(
        role, reason="Traces and, in a VPC, network interfaces exist only once they are created."
    )
    if in_vpc:
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "ec2:AssignPrivateIpAddresses",
                    "ec2:CreateNetworkInterface",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSubnets",
                    "ec2:UnassignPrivateIpAddresses",
                ],
                resources=["*"],
            )
        )
    return role
