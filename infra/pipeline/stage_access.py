"""Which objects each stage's runner may touch: what its row in STAGES says that it reads, writes and deletes."""

from collections.abc import Iterable

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from heaters.domain.key_templates import prefix_of
from heaters.domain.object_keys import stage_result
from heaters.domain.stage import Key, Stage
from infra.permissions import allow_objects

_RESULTS = prefix_of(stage_result)


def prefixes_of(keys: Iterable[Key]) -> set[str]:
    """The first parts of these keys: `proxies/`."""
    return {prefix_of(key) for key in keys}


def allow_stage(role: iam.Role, bucket: s3.IBucket, stage: Stage) -> None:
    """Let the runner's role read its input, write its output and clear away what an earlier try left."""
    written = prefixes_of(stage.writes) | {_RESULTS}
    deleted = prefixes_of(stage.deletes) | {_RESULTS}
    allow_objects(role, bucket, reads=prefixes_of(stage.reads) | written, writes=written, deletes=deleted)
