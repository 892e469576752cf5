"""What came out of a demo: objects copied to local files, exports proved by decoding them, one summary per video.

Reads results from S3 and clips from the API; changes nothing.
"""

import os
import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from heaters.domain import object_keys, wire
from heaters.domain.results import (
    DetectResult,
    DownloadResult,
    ExportResult,
    KeyframesResult,
    MasterResult,
    ProxyResult,
    Usage,
)
from heaters.domain.timebase import format_rate
from heaters.s3.store import MediaStore
from local_cloud.cloud import LocalCloud
from local_cloud.commands.api_client import ApiClient
from local_cloud.commands.frame_hashes import decode_hashes
from local_cloud.commands.watched_video import WatchedVideo

R = TypeVar("R")


def collect_outputs(
    cloud: LocalCloud, api: ApiClient, watched: WatchedVideo, outputs: Path
) -> dict[str, Any]:
    """The video's entry of summary.json. `problems` are what a person should know although the execution went on."""
    started_s = time.monotonic()
    files = _Files(cloud, outputs / f"{_plain(watched.label)}-{watched.video_id[:8]}")
    video_id = watched.video_id
    proxy = files.result(ProxyResult, object_keys.stage_result(video_id, "proxy"))
    detect = files.result(DetectResult, object_keys.stage_result(video_id, "detect_scenes"))
    master = files.result(MasterResult, object_keys.stage_result(video_id, "master"))
    download = files.result(DownloadResult, object_keys.stage_result(video_id, "download"))
    proxy_path = files.copy(proxy.proxy.key, "proxy.mp4", proxy.proxy.version_id) if proxy else None
    video = watched.video or {}
    listed = list(api.items(f"/videos/{video_id}/clips")) if watched.video else []
    clips = [_clip(files, video_id, clip) for clip in listed if clip["state"] != "superseded"]
    done = [r for r in (proxy, detect, master, download) if r]
    summary: dict[str, Any] = {
        "input": watched.source,
        "video_id": video_id,
        "execution_name": watched.execution_name,
        "execution_status": watched.status,
        "source": _source(proxy),
        "proxy_path": proxy_path,
        "master_paths": [files.copy(s.key, f"master/{Path(s.key).name}") for s in master.segments]
        if master
        else [],
        "cuts": list(video.get("cuts") or (detect.cuts if detect else ())),
        "clips": clips,
        "seconds": _seconds(video, watched),
        "s3": _traffic([r.usage for r in done] + files.usages),
        "warnings": list(video.get("warnings") or ()),
        "state": video.get("state"),
        "problems": _problems(video, clips) + find_mismatches(proxy_path, clips),
    }
    if watched.error:
        summary |= {"error": watched.error, "cause": watched.cause}
    summary["seconds"]["checking"] = round(time.monotonic() - started_s, 3)
    return summary


def _problems(video: dict[str, Any], clips: Iterable[dict[str, Any]]) -> list[str]:
    """Failures that end neither the execution nor each other: of the master and of single clips."""
    found = []
    if video.get("master_state") == "failed":
        found.append(f"the master failed: {_say(video.get('master_error'))}")
    failed = [clip for clip in clips if clip["state"].endswith("_failed")]
    return found + [f"clip {clip['clip_id']} is {clip['state']}: {_say(clip['error'])}" for clip in failed]


def _say(error: dict[str, Any] | None) -> str:
    return f"{error['error']}: {error['message']}" if error else "no reason was recorded"


def find_mismatches(proxy_path: str | None, clips: Iterable[dict[str, Any]]) -> list[str]:
    """A sentence for each export that does not decode to exactly the proxy's frames `[start, end)`."""
    exported = [clip for clip in clips if clip["export_path"]]
    if not exported or proxy_path is None:
        return []
    frames = decode_hashes(Path(proxy_path))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        decoded = list(pool.map(lambda clip: decode_hashes(Path(clip["export_path"])), exported))
    found = []
    for clip, got in zip(exported, decoded, strict=True):
        wanted = frames[clip["start_frame"] : clip["end_frame"]]
        recorded = (clip["frame_count"], clip["first_frame_md5"], clip["last_frame_md5"])
        if got != wanted:
            found.append(f"clip {clip['clip_id']} decodes to {len(got)} frames that are not the proxy's")
        elif recorded != (len(got), got[0], got[-1]):
            found.append(f"clip {clip['clip_id']} is exact but its record says {recorded}")
    return found


class _Files:
    """Copies of one video's objects in one folder; counts what the clips' results say they moved."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self._store = MediaStore(bucket=cloud.bucket, client=cloud.client("s3"))
        self._client = cloud.client("s3")
        self._bucket = cloud.bucket
        self._folder = folder
        self.usages: list[Usage] = []

    def result(self, kind: type[R], key: str) -> R | None:
        return wire.from_json(kind, self._store.read_json(key)) if self._store.exists(key) else None

    def copy(self, key: str, name: str, version_id: str | None = None) -> str | None:
        """The local path of a copy; None where the object is gone."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        extra = {"VersionId": version_id} if version_id else None
        try:
            self._client.download_file(self._bucket, key, str(path), ExtraArgs=extra)
        except ClientError:
            return None
        return str(path)


def _clip(files: _Files, video_id: str, clip: dict[str, Any]) -> dict[str, Any]:
    clip_id = clip["clip_id"]
    export = files.result(ExportResult, object_keys.clip_result(video_id, clip_id, "export"))
    stills = files.result(KeyframesResult, object_keys.clip_result(video_id, clip_id, "keyframes"))
    files.usages.extend(result.usage for result in (export, stills) if result)
    name = f"clips/{clip['start_frame']:06d}-{clip['end_frame']:06d}"
    keyframes = stills.keyframes if stills else ()
    return {
        "clip_id": clip_id,
        "start_frame": clip["start_frame"],
        "end_frame": clip["end_frame"],
        "state": clip["state"],
        "export_path": files.copy(export.export.key, f"{name}.mp4") if export else None,
        "frame_count": export.frame_count if export else None,
        "first_frame_md5": export.first_frame_md5 if export else None,
        "last_frame_md5": export.last_frame_md5 if export else None,
        "keyframes": [files.copy(k.image.key, f"{name}-frame-{k.frame:06d}.jpg") for k in keyframes],
        "embedding": clip["embedding"],
        "error": clip["error"],
    }


def _source(proxy: ProxyResult | None) -> dict[str, Any] | None:
    """Rate, count and length are the proxy's, so that they fit cuts and clips; what was lost is said beside them."""
    if proxy is None:
        return None
    source = proxy.source
    return {
        "width": source.width,
        "height": source.height,
        "fps": format_rate(proxy.fps),
        "frame_count": proxy.frame_count,
        "duration_s": float(proxy.frame_count / proxy.fps),
        "decoded_frames": source.frame_count,
        "lost_frames": source.lost_frames,
    }


def _seconds(video: dict[str, Any], watched: WatchedVideo) -> dict[str, float]:
    """Wall clock by stage (all clips together), and the time that the video took from upload to end."""
    seconds: dict[str, float] = {}
    for run in video.get("stages") or ():
        seconds[run["stage"]] = round(seconds.get(run["stage"], 0) + run["seconds"], 3)
    if watched.ended_s is not None:
        seconds["total"] = round(watched.ended_s - watched.started_s, 3)
    return seconds


def _traffic(usages: Iterable[Usage]) -> dict[str, int]:
    kept = list(usages)
    return {
        "put_bytes": sum(usage.written_bytes for usage in kept),
        "get_bytes": sum(usage.read_bytes for usage in kept),
        "requests": sum(usage.requests for usage in kept),
    }


def _plain(name: str) -> str:
    """A file name made of harmless letters."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", Path(name).stem)[:60] or "video"
