"""What each stage took: the last finished run of a stage on a video, a clip or a wave."""

from heaters.catalog.connection import Connection
from heaters.domain.results import Usage


def record_stage_run(
    connection: Connection,
    *,
    video_id: str,
    stage: str,
    usage: Usage,
    clip_id: str | None = None,
    wave_id: str | None = None,
) -> None:
    """Note the measured use of a run; recording a stage again replaces its row."""
    connection.execute(
        """
        INSERT INTO stage_runs (
            video_id, stage, clip_id, wave_id, seconds, compute_s, read_bytes, written_bytes, requests, on_batch
        ) VALUES (
            %(video_id)s, %(stage)s, %(clip_id)s, %(wave_id)s, %(seconds)s, %(compute_s)s, %(read_bytes)s,
            %(written_bytes)s, %(requests)s, %(on_batch)s
        )
        ON CONFLICT (video_id, stage, clip_id, wave_id) DO UPDATE
        SET seconds = excluded.seconds, compute_s = excluded.compute_s, read_bytes = excluded.read_bytes,
            written_bytes = excluded.written_bytes, requests = excluded.requests,
            on_batch = excluded.on_batch, at = now()
        """,
        {
            "video_id": video_id,
            "stage": stage,
            "clip_id": clip_id,
            "wave_id": wave_id,
            "seconds": usage.wall_s,
            "compute_s": usage.compute_s,
            "read_bytes": usage.read_bytes,
            "written_bytes": usage.written_bytes,
            "requests": usage.requests,
            "on_batch": usage.on_batch,
        },
    )
