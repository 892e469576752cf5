"""Keyframes: the stills that stand for one clip, as JPEGs. A Lambda."""

from typing import Any

from containers.media.ranges import reader_of
from containers.runner import Work, run_as_lambda
from heaters.domain import object_keys
from heaters.domain.jobs import KeyframesJob, ObjectRef
from heaters.domain.results import Keyframe, KeyframesResult
from heaters.media.keyframes import choose_frames, extract_stills


def make_keyframes(work: Work[KeyframesJob]) -> KeyframesResult:
    """Choose, decode and store; each image is tagged with its clip and frame."""
    job = work.job
    stills = extract_stills(
        frames=choose_frames(job.frames, job.strategy),
        read_index=reader_of(work.store, ObjectRef(key=job.frame_index_key)),
        read_proxy=reader_of(work.store, job.proxy),
    )
    keyframes = tuple(
        Keyframe(
            frame=still.frame,
            image=work.store.write(
                object_keys.keyframe(job.video_id, job.clip_id, position),
                still.jpeg,
                content_type="image/jpeg",
                tags={"clip_id": job.clip_id, "frame": str(still.frame)},
            ),
        )
        for position, still in enumerate(stills)
    )
    return KeyframesResult(clip_id=job.clip_id, keyframes=keyframes)


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    return run_as_lambda("keyframes", make_keyframes, event)
