"""Which objects each stage's runner may touch. What it writes follows from STAGES; what it reads is listed here."""

from collections.abc import Mapping

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from heaters.domain import object_keys
from heaters.domain.pipeline import Stage
from infra.permissions import allow_objects
from infra.workflow.light_functions import RESULTS, WAVES

_SOURCES = (object_keys.UPLOADS, "sources/")
_PROXIES = ("proxies/", *_SOURCES)  # a source that already is a proxy is used as it is

STAGE_READS: Mapping[str, tuple[str, ...]] = {
    "download": (),
    "proxy": _SOURCES,
    "detect_scenes": ("analysis/",),
    "master": _SOURCES,
    "export": _PROXIES,
    "keyframes": ("analysis/", *_PROXIES),
    "embed": ("keyframes/", WAVES),
}

STAGE_DELETES: Mapping[str, tuple[str, ...]] = {"master": ("masters/",)}
"""What a stage clears away beside errors: segments of an earlier run that made more of them."""


def written_prefixes(stage: Stage) -> tuple[str, ...]:
    """`proxies/{video_id}/proxy.mp4` -> `proxies/`, for all that the stage writes, and its result."""
    return tuple(sorted({f"{key.split('/')[0]}/" for key in stage.writes} | {RESULTS}))


def allow_stage(role: iam.Role, bucket: s3.IBucket, stage: Stage) -> None:
    """Let the runner's role read its input, write its output and clear away what an earlier try left."""
    written = written_prefixes(stage)
    deleted = (RESULTS, *STAGE_DELETES.get(stage.name, ()))
    allow_objects(role, bucket, reads={*STAGE_READS[stage.name], *written}, writes=written, deletes=deleted)
