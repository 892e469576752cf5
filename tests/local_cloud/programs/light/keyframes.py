"""Keyframes without media: one for each clip."""

from typing import Any

from heaters.domain import object_keys, wire
from heaters.domain.jobs import KeyframesJob
from heaters.domain.pipeline import STAGE
from heaters.domain.results import Keyframe, KeyframesResult
from heaters.domain.stage import ids_of_job
from tests.local_cloud.programs.light.leave import leave, store


def handler(event: Any, _context: Any) -> Any:
    job = wire.from_json(KeyframesJob, event)
    image = store.write(object_keys.keyframe(job.video_id, job.clip_id, 0), b"jpeg")
    still = Keyframe(frame=job.frames.start_frame, image=image)
    return leave(
        STAGE["keyframes"].result_key(ids_of_job(job)),
        KeyframesResult(clip_id=job.clip_id, keyframes=(still,)),
    )
