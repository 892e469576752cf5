"""`make demo`: videos go through the whole pipeline without a browser, and what comes out is checked.

Uploads (or submits) each input, waits for its gate, reviews through the API over HTTP, waits for the end. Has a
state of its own under `.heaters/demo/`, begun afresh each time, and a free port (HEATERS_PORT where that is set and
free): a running `make run` is not touched, and nothing of the last demo is left but its caches.
"""

import json
import shutil
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from heaters.domain import object_keys
from heaters.domain.ids import video_id_of_upload
from local_cloud.cloud import LocalCloud, start_local_cloud
from local_cloud.commands.api_client import ApiClient, ApiRefused
from local_cloud.commands.demo_outputs import collect_outputs
from local_cloud.commands.terminal import Progress, format_table
from local_cloud.commands.watched_video import WatchedVideo
from local_cloud.machine.settings import DEFAULT_PORT, LOOPBACK, LocalCloudError, LocalSettings

UNDO_WINDOW_S = 1
PATIENCE_S = 300.0
"""A video that has not changed in any way for so long waits for something that will never come."""

_POLL_S = 0.3
_ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})
_SETTLE_S = 30.0


def run_demo(inputs: Sequence[str], settings: LocalSettings, progress: Progress) -> int:
    """Process every input, write the summary, print the table. 0 if every video SUCCEEDED without a problem."""
    folder = settings.home / "demo"
    own = replace(
        settings,
        home=folder / "state",
        port=_choose_port(settings.port),
        synth_cache=settings.cdk,
        overrides=(("HEATERS_UNDO_WINDOW_S", str(UNDO_WINDOW_S)), *settings.overrides),
    )
    outputs = folder / "outputs"
    shutil.rmtree(outputs, ignore_errors=True)
    with start_local_cloud(own, fresh=True, say=progress.say) as cloud:
        progress.say(f"ready at {cloud.url}")
        api = ApiClient(f"{cloud.url}/api", lambda: cloud.sign_in.token("operator"))
        watched = [_submit(cloud, api, source, progress) for source in inputs]
        _follow(cloud, api, watched, progress)
        progress.say("checking every export against the proxy")
        videos = [collect_outputs(cloud, api, video, outputs) for video in watched]
    shutil.rmtree(own.home / "objects", ignore_errors=True)  # all that matters was copied
    summary = folder / "summary.json"
    summary.write_text(json.dumps({"videos": videos}, indent=2) + "\n")
    print(f"\n{_table(videos)}\n\nSummary: {summary}\nFiles:   {outputs}", flush=True)
    return 0 if all(v["execution_status"] == "SUCCEEDED" and not v["problems"] for v in videos) else 1


def _choose_port(wanted: int) -> int:
    """The port that was asked for, if it is free; 0, any free one, otherwise."""
    if wanted == DEFAULT_PORT:
        return 0
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, wanted))
        except OSError:
            return 0
    return wanted


def find_inputs(text: str) -> list[str]:
    """The inputs that VIDEO names: a URL, a file, or every file of a folder in order of name."""
    if text.startswith(("http://", "https://")):
        return [text]
    path = Path(text).expanduser().resolve()
    if path.is_dir():
        files = sorted(str(p) for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
        if not files:
            raise LocalCloudError(f"The folder {path} has no files; name a folder with videos in it.")
        return files
    if not path.is_file():
        raise LocalCloudError(f"There is no file or folder {path}; give VIDEO=path, a folder or a URL.")
    return [str(path)]


def _submit(cloud: LocalCloud, api: ApiClient, source: str, progress: Progress) -> WatchedVideo:
    watched = WatchedVideo(source=source, label=source.rstrip("/").rsplit("/", 1)[-1][:40])
    watched.started_s = watched.changed_s = time.monotonic()
    if source.startswith(("http://", "https://")):
        try:
            watched.video_id = api.post("/videos", {"url": source})["video_id"]
        except ApiRefused as exc:
            watched.status, watched.error, watched.cause = "FAILED", exc.code, exc.message
            watched.ended_s = time.monotonic()
        return watched
    path = Path(source)
    key = f"{object_keys.UPLOADS}demo/{path.name}"
    progress.say(f"{watched.label}  uploading {path.stat().st_size / 1e6:.1f} MB")
    with path.open("rb") as body:
        version = _upload(cloud, key, body)
    watched.video_id = video_id_of_upload(bucket=cloud.bucket, key=key, version_id=version)
    return watched


def _upload(cloud: LocalCloud, key: str, body: BinaryIO) -> str:
    s3 = cloud.client("s3")
    s3.upload_fileobj(body, cloud.bucket, key)
    return str(s3.head_object(Bucket=cloud.bucket, Key=key)["VersionId"])


def _follow(cloud: LocalCloud, api: ApiClient, watched: Sequence[WatchedVideo], progress: Progress) -> None:
    """Look at every video until each has ended, reviewing on the way. Polls; gives up on one that stands still."""
    stepfunctions = cloud.client("stepfunctions")
    while pending := [video for video in watched if not video.settled]:
        for video in pending:
            _look_at(cloud, stepfunctions, api, video, progress)
        time.sleep(_POLL_S)


def _look_at(
    cloud: LocalCloud, stepfunctions: Any, api: ApiClient, watched: WatchedVideo, progress: Progress
) -> None:
    try:
        seen = api.get(f"/videos/{watched.video_id}")
    except ApiRefused as exc:
        if exc.status not in (404, 502, 504):  # not there yet, or the API is being restarted
            raise
        seen = None
    if seen is not None:
        if _signature(seen) != _signature(watched.video):
            watched.changed_s = time.monotonic()
        watched.video = seen
        progress.show(watched.label, seen)
        _review(api, seen)
        _read_execution(cloud, stepfunctions, watched)
    if not watched.settled and time.monotonic() - watched.changed_s > PATIENCE_S:
        doing = f"its state stayed {seen['state']}" if seen else "no video appeared for it"
        watched.status, watched.error = "TIMED_OUT", "DemoTimeout"
        watched.cause = f"Nothing changed for {PATIENCE_S:.0f} s: {doing}. See {cloud.settings.logs}."
        watched.ended_s = time.monotonic()


def _read_execution(cloud: LocalCloud, stepfunctions: Any, watched: WatchedVideo) -> None:
    if not watched.execution_name:
        return
    arn = cloud.resources.machines[0].arn.replace(":stateMachine:", ":execution:")
    try:
        execution = stepfunctions.describe_execution(executionArn=f"{arn}:{watched.execution_name}")
    except stepfunctions.exceptions.ExecutionDoesNotExist:
        return
    watched.status = execution["status"]
    if watched.status not in _ENDED:
        return
    if watched.status != "SUCCEEDED":
        problem = (watched.video or {}).get("error")
        if not problem and time.monotonic() - watched.changed_s < _SETTLE_S:
            return  # the failure is recorded on the video by an event that follows the execution's end
        problem = problem or {"error": execution.get("error"), "message": _cause(execution.get("cause"))}
        watched.error, watched.cause = problem["error"], problem["message"]
        watched.status = "FAILED" if watched.status == "TIMED_OUT" else watched.status
    watched.ended_s = time.monotonic()


def _cause(text: str | None) -> str:
    """A Lambda error's own message; any other cause as it is."""
    try:
        return str(json.loads(text or "")["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return text or "no cause was given"


def _review(api: ApiClient, video: dict[str, Any]) -> None:
    """Approve every clip that waits, then ask for the gate to be released."""
    if video["state"] != "in_review" or not video["counts"].get("pending_review"):
        return
    path = f"/videos/{video['video_id']}"
    for clip in list(api.items(f"{path}/clips")):
        if clip["state"] != "pending_review":
            continue
        try:
            api.post(f"/clips/{clip['clip_id']}/actions", {"action": "approve", "version": clip["version"]})
        except ApiRefused as exc:
            if exc.status != 409:  # somebody was faster; the next look will tell
                raise
    api.post(f"{path}/release")


def _signature(video: dict[str, Any] | None) -> str:
    names = ("state", "master_state", "progress", "master_progress", "counts", "execution_name", "error")
    return json.dumps([(video or {}).get(name) for name in names])


def _table(videos: Sequence[dict[str, Any]]) -> str:
    rows = []
    for video in videos:
        states = [clip["state"] for clip in video["clips"]]
        note = video.get("cause") or "; ".join(video["problems"] + video["warnings"]) or ""
        rows.append(
            (
                Path(video["input"]).name[:40],
                video["execution_status"],
                (video["source"] or {}).get("frame_count", "-"),
                len(video["cuts"]),
                len(states),
                states.count("embedded"),
                f"{video['seconds'].get('total', 0):.1f}",
                f"{video['error']}: {note}" if video.get("error") else note,
            )
        )
    return format_table(("video", "status", "frames", "cuts", "clips", "embedded", "seconds", "note"), rows)
