"""The bucket with the built site, and the one in which visits to it are logged."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import accept

LOG_DAYS = 90
REPLACED_VERSION_DAYS = 30
"""How long a release of the site can be brought back."""


class SiteBucket(Construct):
    """`bucket` is private: CloudFront alone reads it. `logs` takes CloudFront's and S3's access logs."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.logs = self._make_logs()
        self.bucket = s3.Bucket(
            self,
            "Site",
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=RemovalPolicy.RETAIN,
            server_access_logs_bucket=self.logs,
            server_access_logs_prefix="site/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="replaced",
                    noncurrent_version_expiration=Duration.days(REPLACED_VERSION_DAYS),
                    expired_object_delete_marker=True,
                )
            ],
        )

    def _make_logs(self) -> s3.Bucket:
        logs = s3.Bucket(
            self,
            "Logs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            # CloudFront's standard logs are written under an ACL.
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[s3.LifecycleRule(id="access-logs", expiration=Duration.days(LOG_DAYS))],
        )
        accept(logs, "S1", reason="It holds access logs; logging reads of those would never end.")
        return logs
