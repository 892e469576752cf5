"""A video's way through the functions, without runners: results are written as runners would leave them."""

import io
import itertools
import json
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np

from functions import (
    archive_clips,
    begin_embedding,
    begin_video,
    collect_wave,
    complete_stage,
    create_clips,
    open_gate,
)
from functions.support import runtime
from heaters.catalog.videos import NewVideo, insert_video
from heaters.domain import object_keys, wire
from heaters.domain.jobs import DetectSettings, ObjectRef
from heaters.domain.results import (
    DetectResult,
    EmbedResult,
    ExportResult,
    Keyframe,
    KeyframesResult,
    ProxyResult,
    SourceFacts,
    StoredObject,
    Storyboard,
    Usage,
)
from heaters.domain.timebase import FrameRange
from tests.fixtures.buckets import BUCKET

VIDEO = "0b7c2a1e-6a56-5c1f-8a9d-0f6c3f2d9e11"
ARN = "arn:aws:states:us-east-1:123456789012:execution:Video:" + VIDEO
CONTEXT = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
    aws_request_id="r",
)
USAGE = Usage(compute_s=2.5, wall_s=1.5, read_bytes=10, written_bytes=20, requests=3)
LOST = {"Error": "States.TaskFailed", "Cause": json.dumps({"StatusReason": "Host EC2 terminated"})}
"""What Step Functions says of a worker that is gone."""
_tokens = itertools.count(1)


def call(module: Any, **event: Any) -> Any:
    """Invoke a function; its answer as Step Functions gets it."""
    return json.loads(json.dumps(module.handler(json.loads(json.dumps(event)), CONTEXT)))


def add_video(video_id: str = VIDEO, **changes: Any) -> None:
    """An upload that has come in, in state `new`."""
    video: dict[str, Any] = {
        "title": "raw.mp4",
        "bucket": BUCKET,
        "source": ObjectRef(key="uploads/u/raw.mp4", version_id="v1"),
        "undo_window_s": 0,
        "release_size": 25,
    }
    with runtime.catalog().transaction() as connection:
        insert_video(connection, NewVideo(video_id=video_id, **video | changes))


def begin(video_id: str = VIDEO, attempt: int = 1) -> Any:
    return call(begin_video, video_id=video_id, attempt=attempt, execution_arn=f"{ARN}-{attempt}")


def leave_proxy(frame_count: int, video_id: str = VIDEO) -> None:
    """What the proxy's runner leaves in the bucket."""

    def stored(key: str) -> StoredObject:
        return StoredObject(key=key, size_bytes=1)

    result = ProxyResult(
        source=SourceFacts(
            width=64, height=36, fps=Fraction(24), frame_count=frame_count, duration_s=1.0, container="mp4",
            video_codec="h264", pixel_format="yuv420p", lost_frames=1,
        ),
        proxy=ObjectRef(key=object_keys.proxy(video_id)),
        proxy_size_bytes=100,
        width=64,
        height=36,
        fps=Fraction(30000, 1001),
        frame_count=frame_count,
        has_audio=False,
        frame_index=stored(object_keys.frame_index(video_id)),
        scores=stored(object_keys.scores(video_id)),
        facts=stored(object_keys.facts(video_id)),
        sound=stored(object_keys.sound(video_id)),
        storyboard=Storyboard(
            sheets=(stored(object_keys.storyboard_sheet(video_id, 0)),), tile_width=16, tile_height=9, columns=2,
            rows=2, interval_s=1.0, tile_count=3,
        ),
        warnings=("1 frame could not be decoded.",),
        usage=USAGE,
    )  # fmt: skip
    runtime.store().write_json(object_keys.stage_result(video_id, "proxy"), wire.to_json(result))


def leave_cuts(frame_count: int, cuts: tuple[int, ...], video_id: str = VIDEO) -> None:
    """What scene detection leaves in the bucket."""
    result = DetectResult(cuts=cuts, frame_count=frame_count, settings=DetectSettings(), usage=USAGE)
    runtime.store().write_json(object_keys.stage_result(video_id, "detect_scenes"), wire.to_json(result))


def bring_to_review(frame_count: int = 100, cuts: tuple[int, ...] = (40, 70), video_id: str = VIDEO) -> None:
    """A new video, through proxy and scenes, to where reviewers decide."""
    add_video(video_id)
    begin(video_id)
    leave_proxy(frame_count, video_id)
    call(complete_stage, stage="proxy", video_id=video_id, attempt=1)
    leave_cuts(frame_count, cuts, video_id)
    call(create_clips, video_id=video_id, attempt=1)


def clips(video_id: str = VIDEO) -> list[dict[str, Any]]:
    """The live clips of a video, whole rows."""
    with runtime.catalog().transaction() as connection:
        return connection.execute(
            "SELECT * FROM clips WHERE video_id = %s AND state <> 'superseded' ORDER BY start_frame",
            (video_id,),
        ).fetchall()


def video_row(video_id: str = VIDEO) -> dict[str, Any]:
    with runtime.catalog().transaction() as connection:
        row = connection.execute("SELECT * FROM source_videos WHERE video_id = %s", (video_id,)).fetchone()
    assert row
    return row


def decide(state: str, *clip_ids: str) -> None:
    """What a review action writes to clips."""
    with runtime.catalog().transaction() as connection:
        connection.execute(
            "UPDATE clips SET state = %s, decided_at = now(), decided_by = 'r' WHERE clip_id = ANY(%s)",
            (state, list(clip_ids)),
        )


def wait_at_gate(attempt: int = 1, release_size: int = 25) -> str:
    """Open a gate; its token."""
    token = f"token-{next(_tokens)}"
    call(open_gate, video_id=VIDEO, attempt=attempt, token=token, release_size=release_size)
    return token


def collect(undo_window_s: int = 0) -> Any:
    return call(collect_wave, video_id=VIDEO, undo_window_s=undo_window_s)


def archive(undo_window_s: int = 0) -> Any:
    return call(archive_clips, video_id=VIDEO, undo_window_s=undo_window_s)


def leave_export(clip_id: str) -> None:
    """What a clip's export leaves in the bucket."""
    result = ExportResult(
        clip_id=clip_id, export=StoredObject(key=object_keys.export(VIDEO, clip_id), size_bytes=9),
        frames=FrameRange(start_frame=0, end_frame=40), frame_count=40, first_frame_md5="a" * 32,
        last_frame_md5="b" * 32, usage=USAGE,
    )  # fmt: skip
    runtime.store().write(result.export.key, b"clip")
    runtime.store().write_json(object_keys.clip_result(VIDEO, clip_id, "export"), wire.to_json(result))


def leave_keyframes(clip_id: str) -> None:
    """What a clip's keyframes stage leaves in the bucket."""
    stills = tuple(
        Keyframe(frame=at, image=StoredObject(key=object_keys.keyframe(VIDEO, clip_id, at), size_bytes=5))
        for at in range(3)
    )
    for still in stills:
        runtime.store().write(still.image.key, b"jpeg")
    result = KeyframesResult(clip_id=clip_id, keyframes=stills, usage=USAGE)
    runtime.store().write_json(object_keys.clip_result(VIDEO, clip_id, "keyframes"), wire.to_json(result))


def process(clip_id: str) -> None:
    """A clip's child execution."""
    leave_export(clip_id)
    call(complete_stage, stage="export", video_id=VIDEO, clip_id=clip_id)
    leave_keyframes(clip_id)
    call(complete_stage, stage="keyframes", video_id=VIDEO, clip_id=clip_id)


def leave_vectors(wave_id: str, clip_ids: list[str], dimensions: int = 8) -> None:
    """What embedding leaves in the bucket: three keyframes and the whole of each clip."""
    ids = [clip_id for clip_id in clip_ids for _ in range(4)]
    vectors = np.eye(dimensions, dtype=np.float32)[np.arange(len(ids)) % dimensions]
    body = io.BytesIO()
    np.savez(body, clip_ids=np.array(ids), positions=np.array([0, 1, 2, -1] * len(clip_ids)), vectors=vectors)
    key = object_keys.wave_vectors(VIDEO, wave_id)
    result = EmbedResult(
        model="colour-layout", model_version="1", dimensions=dimensions, clip_count=len(clip_ids),
        vectors=runtime.store().write(key, body.getvalue()), usage=USAGE,
    )  # fmt: skip
    runtime.store().write_json(object_keys.stage_result(VIDEO, f"embed-{wave_id}"), wire.to_json(result))


def embed(wave_id: str) -> Any:
    """From begin_embedding to the recorded vectors; the step that begin_embedding gave."""
    step = call(begin_embedding, video_id=VIDEO, wave_id=wave_id)
    if step["next"] == "embed":
        items = runtime.store().read_json(step["job"]["manifest_key"])
        leave_vectors(wave_id, [item["clip_id"] for item in items])
        call(complete_stage, stage="embed", video_id=VIDEO, wave_id=wave_id)
    return step
