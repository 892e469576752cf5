"""Claim what reviewers decided and can no longer take back, and write the wave's manifest for the Distributed Map.

The claim is committed before the manifest is written: a call that dies in between is repeated, finds the wave
that it claimed and writes the same manifest.
"""

import uuid
from typing import Any

from functions.support import runtime
from heaters.catalog.stages.steps import job_for
from heaters.catalog.stages.video_states import forget_video_error
from heaters.catalog.videos import Video, lock_video
from heaters.catalog.waves import WaveClip, claim_wave, list_wave_clips
from heaters.domain import object_keys, wire
from heaters.domain.pipeline import stages_in
from heaters.domain.stage import Part


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"video_id", "undo_window_s"}` → `{"wave_id", "manifest_key", "count"}`; no wave: empty and 0."""
    video_id = event["video_id"]
    with runtime.catalog().transaction() as connection:
        video = lock_video(connection, video_id)
        forget_video_error(connection, video_id)
        wave_id = claim_wave(
            connection,
            video_id=video_id,
            new_wave_id=str(uuid.uuid4()),
            undo_window_s=event["undo_window_s"],
        )
        clips = list_wave_clips(connection, wave_id) if wave_id else []
    if wave_id is None or not clips:
        return {"wave_id": wave_id or "", "manifest_key": "", "count": 0}
    key = object_keys.wave_manifest(video_id, wave_id)
    runtime.store().write_json(key, [_item(video, clip) for clip in clips])
    return {"wave_id": wave_id, "manifest_key": key, "count": len(clips)}


def _item(video: Video, clip: WaveClip) -> dict[str, Any]:
    stage = stages_in(Part.CLIP)[0]
    job = job_for(video, stage, clip_id=clip.clip_id, frames=clip.frames)
    return {
        "video_id": video.video_id,
        "clip_id": clip.clip_id,
        "job": wire.to_json(job),
        "bulk": stage.is_bulky(video.estimate_bytes(clip.frames)),
    }
