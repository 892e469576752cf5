"""Ids that follow from what they name, so that the same event or the same cut gives the same row twice."""

import re
import uuid

from heaters.domain.errors import InvalidJob

_EXECUTION_NAME = re.compile(r"(?P<video_id>[0-9a-f-]{36})-(?P<attempt>[1-9][0-9]*)")


def video_id_of_upload(*, bucket: str, key: str, version_id: str) -> str:
    """The id of the video that is made from these very bytes; another version of the key is another video."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"s3://{bucket}/{key}?versionId={version_id}"))


def clip_id_of_segment(*, video_id: str, start_frame: int, end_frame: int) -> str:
    """The id of a clip that scene detection proposed; a reviewer's cuts make clips with fresh ids."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{video_id}/{start_frame}-{end_frame}"))


def execution_name(video_id: str, attempt: int) -> str:
    """The Step Functions name of one attempt at a video: starting it twice starts it once."""
    return f"{video_id}-{attempt}"


def parse_execution_name(name: str) -> tuple[str, int]:
    """`(video_id, attempt)` of an execution. Raises InvalidJob for a name that is not one of ours."""
    if not (match := _EXECUTION_NAME.fullmatch(name)):
        raise InvalidJob(f"{name!r} is not the execution of a video; ours are named <video id>-<attempt>.")
    return match["video_id"], int(match["attempt"])
