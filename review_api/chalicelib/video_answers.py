"""Videos of the catalog as the API shows them, with URLs that read one object each for ten minutes."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from chalicelib.models.videos import Origin, Problem, Progress, StageRun, StoryboardSheets, Video, VideoDetail

from heaters.domain.jobs import ObjectRef
from heaters.domain.pipeline import STAGE
from heaters.domain.prices import Runs, price_runs
from heaters.domain.timebase import format_rate, frame_to_seconds
from heaters.s3.store import MediaStore

Row = Mapping[str, Any]

_SAME_IN_VIDEO = (
    "video_id", "title", "state", "master_state", "created_at", "frame_count", "width", "height", "warnings", "counts",
    "reminded_at",
)  # fmt: skip


def show_video(row: Row) -> Video:
    return Video(**_video_fields(row))


def show_video_detail(row: Row, store: MediaStore) -> VideoDetail:
    stages = [_show_stage(run) for run in row["stages"]]
    cost_usd = sum(stage.cost_usd for stage in stages) if stages else None
    return VideoDetail(
        **_video_fields(row) | {"cost_usd": cost_usd},
        proxy_url=_proxy_url(store, row),
        cuts=row["cuts"],
        stages=stages,
        storyboard=_show_storyboard(row["storyboard"], store),
        source_url=row["source_url"],
        origin=_show_origin(row["origin"]),
    )


def _show_stage(run: Row) -> StageRun:
    runs = Runs(count=run["runs"], seconds=run["seconds"], requests=run["requests"])
    return StageRun(**run, cost_usd=price_runs(STAGE[run["stage"]], runs, on_batch=run["on_batch"]))


def _proxy_url(store: MediaStore, row: Row) -> str | None:
    """A source that is its own proxy is pinned to the very version that was reviewed."""
    if not row["proxy_key"]:
        return None
    return store.presigned_get(ObjectRef(key=row["proxy_key"], version_id=row["proxy_version"]))


def _video_fields(row: Row) -> dict[str, Any]:
    rate = Fraction(row["fps_num"], row["fps_den"]) if row["fps_num"] else None
    frame_count = row["frame_count"]
    return {name: row[name] for name in _SAME_IN_VIDEO} | {
        "fps": format_rate(rate) if rate else None,
        "duration_s": float(frame_to_seconds(frame_count, rate)) if rate and frame_count else None,
        "error": show_problem(row["error_name"], row["error_message"]),
        "master_error": show_problem(row["master_error_name"], row["master_error_message"]),
        "progress": _show_progress(row["progress"]),
        "master_progress": _show_progress(row["master_progress"]),
        "execution_name": f"{row['video_id']}-{row['attempt']}",
        "cost_usd": None,
    }


def show_problem(name: str | None, message: str | None) -> Problem | None:
    """An error as the API tells of it, of a video or a clip."""
    return Problem(error=name, message=message or "") if name else None


def _show_progress(progress: Row | None) -> Progress | None:
    if not progress:
        return None
    known = {name: progress[name] for name in Progress.model_fields if name in progress}
    return Progress(**known)


def _show_origin(origin: Row | None) -> Origin | None:
    return Origin(**{name: origin[name] for name in Origin.model_fields}) if origin else None


def _show_storyboard(storyboard: Row | None, store: MediaStore) -> StoryboardSheets | None:
    if not storyboard:
        return None
    sheets = [store.presigned_get(ObjectRef(key=sheet["key"])) for sheet in storyboard["sheets"]]
    return StoryboardSheets(sheet_urls=sheets, **{k: v for k, v in storyboard.items() if k != "sheets"})
