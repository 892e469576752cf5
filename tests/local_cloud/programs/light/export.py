"""An export without media: a text in place of the file."""

from typing import Any

from heaters.domain import object_keys, wire
from heaters.domain.jobs import ExportJob
from heaters.domain.pipeline import STAGE
from heaters.domain.results import ExportResult
from heaters.domain.stage import ids_of_job
from tests.local_cloud.programs.light.leave import leave, store


def handler(event: Any, _context: Any) -> Any:
    job = wire.from_json(ExportJob, event)
    text = f"{job.frames.start_frame}-{job.frames.end_frame}"
    result = ExportResult(
        clip_id=job.clip_id,
        export=store.write(object_keys.export(job.video_id, job.clip_id), text.encode()),
        frames=job.frames,
        frame_count=job.frames.frame_count,
        first_frame_md5="0" * 32,
        last_frame_md5="0" * 32,
    )
    return leave(STAGE["export"].result_key(ids_of_job(job)), result)
