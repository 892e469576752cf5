"""Export: one clip's samples copied out of the proxy, proved, stored. A Lambda."""

from typing import Any

from containers.media.ranges import reader_of
from containers.runner import Work, run_as_lambda
from heaters.domain import object_keys
from heaters.domain.jobs import ExportJob, ObjectRef
from heaters.domain.results import ExportResult
from heaters.media.export import export_clip


def export(work: Work[ExportJob]) -> ExportResult:
    """Cut the clip by ranged reads of the proxy and put it at its key."""
    job, path = work.job, work.folder / "clip.mp4"
    done = export_clip(
        frames=job.frames,
        read_index=reader_of(work.store, ObjectRef(key=job.frame_index_key)),
        read_proxy=reader_of(work.store, job.proxy),
        path=path,
    )
    key = object_keys.export(job.video_id, job.clip_id)
    return ExportResult(
        clip_id=job.clip_id,
        export=work.store.put_file(path, key, content_type="video/mp4"),
        frames=job.frames,
        frame_count=done.frame_count,
        first_frame_md5=done.first_frame_md5,
        last_frame_md5=done.last_frame_md5,
    )


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    return run_as_lambda("export", export, event)
