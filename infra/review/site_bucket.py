"""The bucket with the built site, and the one in which visits to it are logged."""

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import accept
from infra.storage.private_bucket import make_private_bucket, make_versioned_bucket

LOG_DAYS = 90
REPLACED_VERSION_DAYS = 30
"""How long a release of the site can be brought back."""


class SiteBucket(Construct):
    """`bucket` is private: CloudFront alone reads it. `logs` takes CloudFront's and S3's access logs."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.logs = self._make_logs()
        self.bucket = make_versioned_bucket(
            self,
            "Site",
            logs=self.logs,
            logs_prefix="site/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="replaced",
                    noncurrent_version_expiration=Duration.days(REPLACED_VERSION_DAYS),
                    expired_object_delete_marker=True,
                )
            ],
        )

    def _make_logs(self) -> s3.Bucket:
        logs = make_private_bucket(
            self,
            "Logs",
            # CloudFront's standard logs are written under an ACL.
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
            minimum_tls_version=1.2,
            lifecycle_rules=[s3.LifecycleRule(id="access-logs", expiration=Duration.days(LOG_DAYS))],
        )
        accept(logs, "S1", reason="It holds access logs; logging reads of those would never end.")
        return logs
