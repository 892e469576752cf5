"""The wave's clips are exported: claim those that have keyframes for embedding and write the list to embed.

Whatever the Distributed Map left unfinished without saying so is marked as failed here.
"""

from typing import Any

from functions.support import runtime
from heaters.catalog.stages.steps import SKIP, Step
from heaters.catalog.waves import (
    begin_embedding,
    fail_embedding,
    fail_left_over_clips,
    list_keyframes_to_embed,
)
from heaters.domain import object_keys, wire
from heaters.domain.errors import WorkerLost
from heaters.domain.jobs import EmbedItem, EmbedJob
from heaters.domain.pipeline import STAGE


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"video_id", "wave_id"}` → step with `count` and `bulk`; next is embed, or skip when nothing is left."""
    video_id, wave_id = event["video_id"], event["wave_id"]
    with runtime.catalog().transaction() as connection:
        fail_left_over_clips(
            connection,
            wave_id=wave_id,
            error=WorkerLost("The clip's export ended without a result; retry it."),
        )
        begin_embedding(connection, wave_id)
        items = [
            EmbedItem(clip_id=clip_id, keyframe_keys=keys)
            for clip_id, keys in list_keyframes_to_embed(connection, wave_id)
        ]
        if not items:
            missing = WorkerLost("The clip has no keyframes to embed; retry it.")
            fail_embedding(connection, wave_id=wave_id, error=missing)
    if not items:
        return SKIP.to_json() | {"count": 0, "bulk": False}
    key = object_keys.wave_embeddings(video_id, wave_id)
    runtime.store().write_json(key, wire.to_json(items))
    stage = STAGE["embed"]
    job = EmbedJob(video_id=video_id, wave_id=wave_id, manifest_key=key, model=runtime.settings().embed_model)
    bulk = stage.is_bulky(len(items))
    return Step(next=stage.name, job=job).to_json() | {"count": len(items), "bulk": bulk}
