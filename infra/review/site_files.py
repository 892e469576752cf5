"""What is in the site bucket: the built site, and config.json, which tells it where everything else is.

Files are added and replaced, never removed, so that a page which was opened before a release finds its own files.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Aws, DefaultStackSynthesizer, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra.nag import accept, accept_any_resource, accept_wildcard
from infra.pipeline.container_images import REPOSITORY
from infra.pipeline.log_groups import make_log_group
from infra.review.site_headers import ASKED_EACH_TIME, FOR_EVER, HASHED_FOLDER

_CDK_FUNCTION = "Custom::CDKBucketDeployment"
_WHY = (
    "CDK's own function, which runs only while the site is deployed; both buckets hold nothing but its files."
)

_BASIC_EXECUTION = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

BUILT_SITE = REPOSITORY / "review_site" / "dist"


class SiteNotBuilt(Exception):
    """There is nothing to deploy."""


class SiteFiles(Construct):
    """`config` is what the site reads first."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        distribution: cloudfront.IDistribution,
        config: Mapping[str, Any],
    ) -> None:
        super().__init__(scope, construct_id)
        if Stack.of(self).bundling_required and not (BUILT_SITE / "index.html").is_file():
            raise SiteNotBuilt(f"There is no site in {BUILT_SITE}; build it first, as `make deploy` does.")
        self._log_group = make_log_group(self)
        hashed = self._deploy("Hashed", bucket, [self._hashed_files()], FOR_EVER, prefix=HASHED_FOLDER)
        config_file = deployment.Source.json_data("config.json", dict(config))
        pages = self._deploy(
            "Pages", bucket, [self._pages(), config_file], ASKED_EACH_TIME, distribution=distribution
        )
        pages.node.add_dependency(hashed)
        self._accept(bucket)

    def _deploy(
        self,
        construct_id: str,
        bucket: s3.IBucket,
        sources: Sequence[deployment.ISource],
        cache_control: str,
        *,
        prefix: str | None = None,
        distribution: cloudfront.IDistribution | None = None,
    ) -> deployment.BucketDeployment:
        return deployment.BucketDeployment(
            self,
            construct_id,
            sources=sources,
            destination_bucket=bucket,
            destination_key_prefix=prefix,
            distribution=distribution,
            distribution_paths=["/*"] if distribution else None,
            cache_control=[deployment.CacheControl.from_string(cache_control)],
            prune=False,
            retain_on_delete=True,
            log_group=self._log_group,
        )

    def _hashed_files(self) -> deployment.ISource:
        if Stack.of(self).bundling_required:
            return deployment.Source.asset(str(BUILT_SITE / HASHED_FOLDER))
        return deployment.Source.data("site.txt", "The site goes here.")

    def _pages(self) -> deployment.ISource:
        if Stack.of(self).bundling_required:
            return deployment.Source.asset(str(BUILT_SITE), exclude=[HASHED_FOLDER])
        return deployment.Source.data("index.html", "The site goes here.")

    def _accept(self, bucket: s3.IBucket) -> None:
        (function,) = [
            child for child in Stack.of(self).node.children if child.node.id.startswith(_CDK_FUNCTION)
        ]
        assets = f"cdk-{DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-{Aws.ACCOUNT_ID}-{Aws.REGION}"
        for arn in (bucket.bucket_arn, f"arn:{Aws.PARTITION}:s3:::{assets}"):
            accept_wildcard(function, f"{arn}/*", reason=_WHY)
        for actions in ("Abort*", "DeleteObject*", "GetBucket*", "GetObject*", "List*"):
            accept(function, f"IAM5[Action::s3:{actions}]", reason=_WHY)
        accept_any_resource(
            function, reason="CloudFront's invalidations cannot be confined before they are made."
        )
        accept(function, f"IAM4[Policy::{_BASIC_EXECUTION}]", reason=_WHY)
        accept(function, "L1", reason="Its runtime is CDK's choice and comes with CDK's next version.")
