"""Keyframes: a few samples of the proxy in, JPEGs out. A Lambda."""

from typing import Any

from containers.runner import Work, run_as_lambda
from heaters.domain import object_keys
from heaters.domain.errors import SourceUnavailable
from heaters.domain.jobs import KeyframesJob, KeyframeStrategy, ObjectRef
from heaters.domain.results import Keyframe, KeyframesResult
from heaters.media.clips.candidates import KeyframeCandidates
from heaters.media.clips.keyframes import Still, choose_frames, extract_stills
from heaters.s3.store import MediaStore

TAGS = {"heaters-class": "keyframe"}


def keyframes(work: Work[KeyframesJob]) -> KeyframesResult:
    """Choose, decode, store."""
    job = work.job
    stills = extract_stills(
        frames=choose_frames(job.frames, job.strategy, read_candidates(job, work.store)),
        read_index=work.store.range_reader(ObjectRef(key=job.frame_index_key)),
        read_proxy=work.store.range_reader(job.proxy),
    )
    stored = (store_still(job, work.store, position, still) for position, still in enumerate(stills))
    return KeyframesResult(clip_id=job.clip_id, keyframes=tuple(stored))


def read_candidates(job: KeyframesJob, store: MediaStore) -> KeyframeCandidates | None:
    """What the proxy's pass found, if the strategy asks for it; None also for a proxy from before it was kept."""
    if job.strategy is not KeyframeStrategy.BEST:
        return None
    try:
        data = store.read(ObjectRef(key=object_keys.keyframe_candidates(job.video_id)))
    except SourceUnavailable:
        return None
    return KeyframeCandidates.from_bytes(data)


def store_still(job: KeyframesJob, store: MediaStore, position: int, still: Still) -> Keyframe:
    key = object_keys.keyframe(job.video_id, job.clip_id, position)
    image = store.write(key, still.jpeg, content_type="image/jpeg", tags=TAGS)
    return Keyframe(frame=still.frame, image=image)


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    return run_as_lambda("keyframes", keyframes, event)
