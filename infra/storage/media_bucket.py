"""The media bucket and its rules: what may be dropped, what must never be.

Objects under `uploads/` are never expired, in any version: two uploads to one key are two videos, and each
video's original is one version. Everything else can be made again from them.
"""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from heaters.domain import object_keys
from heaters.domain.key_templates import prefix_of
from heaters.domain.pipeline import STAGES
from heaters.domain.stage import Key, Part
from infra.storage.private_bucket import make_private_bucket, make_versioned_bucket

_WRITTEN: tuple[Key, ...] = (
    *(key for stage in STAGES if stage.part is not Part.WAVE for key in stage.writes),
    object_keys.stage_result,
    object_keys.wave_manifest,
    *(key for stage in STAGES for key in stage.writes),
    object_keys.playback,
    object_keys.query_result,
)

DERIVED_PREFIXES = tuple(dict.fromkeys(prefix_of(key) for key in _WRITTEN))
"""Every prefix that the pipeline writes. Versions that were replaced or deleted there expire."""

PLAYBACK_DAYS = 7
QUERY_DAYS = 1
"""How long pictures that somebody searched with, and what was made of them, are kept."""

REPLACED_VERSION_DAYS = 14
"""How long a mistaken overwrite or deletion can be taken back."""

EVICTED_PLAYBACK_DAYS = 1
"""Links to a copy name its version, and outlast its deletion by this; then its room is free."""

MASTER_TAG = {"heaters-class": "master"}
"""Written by the master stage on each segment."""


class MediaBucket(Construct):
    """A versioned, private bucket that tells EventBridge about every new object."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.bucket = make_versioned_bucket(
            self,
            "Bucket",
            logs=self._access_logs(),
            logs_prefix="media/",
            lifecycle_rules=lifecycle_rules(),
            cors=[_cors()],
        )
        # The construct's own switch adds a function that does what this one property does.
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        resource.add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
        )

    def _access_logs(self) -> s3.Bucket:
        return make_private_bucket(
            self,
            "AccessLogs",
            lifecycle_rules=[s3.LifecycleRule(id="access-logs", expiration=Duration.days(90))],
        )


def lifecycle_rules() -> Sequence[s3.LifecycleRule]:
    """Unfinished uploads, replaced versions of what can be made again, playback clips, queries, masters to Glacier."""
    unfinished = s3.LifecycleRule(
        id="unfinished-multipart-uploads", abort_incomplete_multipart_upload_after=Duration.days(7)
    )
    replaced = [
        s3.LifecycleRule(
            id=f"replaced-{prefix.strip('/')}",
            prefix=prefix,
            noncurrent_version_expiration=Duration.days(
                EVICTED_PLAYBACK_DAYS if prefix == object_keys.PLAYBACK else REPLACED_VERSION_DAYS
            ),
            expired_object_delete_marker=True,
        )
        for prefix in DERIVED_PREFIXES
    ]
    playback = s3.LifecycleRule(
        id="playback", prefix=object_keys.PLAYBACK, expiration=Duration.days(PLAYBACK_DAYS)
    )
    queries = s3.LifecycleRule(
        id="queries",
        prefix=object_keys.QUERIES,
        expiration=Duration.days(QUERY_DAYS),
        noncurrent_version_expiration=Duration.days(QUERY_DAYS),
    )
    masters = s3.LifecycleRule(
        id="masters-to-glacier",
        tag_filters=MASTER_TAG,
        transitions=[
            s3.Transition(
                # A few per cent dearer than Flexible Retrieval, and a delivery export can read it at once.
                storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
                transition_after=Duration.days(1),
            )
        ],
    )
    return [unfinished, *replaced, playback, queries, masters]


def _cors() -> s3.CorsRule:
    """Browsers read ranges of the proxy and put parts of uploads through presigned URLs; the signature, not the
    origin, is the permission. Its ETag is what a part is named by when the upload is completed.
    """
    return s3.CorsRule(
        allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.HEAD, s3.HttpMethods.PUT],
        allowed_origins=["*"],
        allowed_headers=["range", "if-range", "if-none-match", "content-type"],
        exposed_headers=["Accept-Ranges", "Content-Length", "Content-Range", "ETag"],
        max_age=3600,
    )
