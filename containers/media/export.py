"""Export: ranges of the frame index and the proxy in, one MP4 out. A Lambda, or a Batch job for a very long clip."""

from typing import Any

from containers.runner import Work, run_as_batch_job, run_as_lambda
from heaters.domain import object_keys
from heaters.domain.jobs import ExportJob, ObjectRef
from heaters.domain.results import ExportResult
from heaters.media.clips.export import export_clip


def export(work: Work[ExportJob]) -> ExportResult:
    """Copy the clip's samples, prove them, store them."""
    job, path = work.job, work.folder / "clip.mp4"
    made = export_clip(
        frames=job.frames,
        read_index=work.store.range_reader(ObjectRef(key=job.frame_index_key)),
        read_proxy=work.store.range_reader(job.proxy),
        path=path,
        report=work.report,
    )
    key = object_keys.export(job.video_id, job.clip_id)
    return ExportResult(
        clip_id=job.clip_id,
        export=work.store.put_file(path, key, content_type="video/mp4"),
        frames=job.frames,
        frame_count=made.frame_count,
        first_frame_md5=made.first_frame_md5,
        last_frame_md5=made.last_frame_md5,
    )


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    return run_as_lambda("export", export, event)


def main() -> None:
    run_as_batch_job("export", export)


if __name__ == "__main__":
    main()
