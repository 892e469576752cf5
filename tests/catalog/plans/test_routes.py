"""What Postgres does for routes: at 100,000 clips nothing reads a whole table of clips or of events."""

import uuid
from itertools import cycle, pairwise
from typing import Any

import pytest

from heaters.catalog.clips import fail_clip
from heaters.catalog.connection import Catalog, CatalogSettings
from heaters.catalog.playback import evict_copies, forget_copy, get_playable_clip, record_copy, use_copy
from heaters.catalog.review.redetection import apply_detection, find_standing_settings, preview_detection
from heaters.catalog.review.undo import undo
from heaters.catalog.waves import finish_waves
from heaters.domain.errors import WorkerLost
from heaters.domain.jobs import DetectSettings, ObjectRef
from heaters.domain.states import ClipState
from tests.api.api_client import Api
from tests.catalog.plans.large_catalog import CLIPS_EACH, REPEATS, count_sequential_scans
from tests.catalog.review_videos import claim_clip, live_clips, query


@pytest.fixture
def api(api: Api) -> Api:
    return api.as_person("person 7", "operators")


def _read_everything(api: Api, clip_id: str, video_id: str) -> None:
    for _ in range(REPEATS):
        for path in (
            "/videos",
            "/videos?state=in_review",
            f"/videos/{video_id}/clips",
            f"/videos/{video_id}/events",
        ):
            glue = "&" if "?" in path else "?"
            page = api.get(f"{path}{glue}limit=1")
            assert page.status == 200, page.body
            cursor = page.body["next_cursor"]
            assert cursor is None or api.get(f"{path}{glue}limit=50&cursor={cursor}").status == 200
        assert api.get(f"/videos/{video_id}").status == 200
        assert api.get(f"/videos/{video_id}/timeline?format=json").status == 200
        assert api.get(f"/clips/{clip_id}").status == 200


def _decide_everything(api: Api, clip_ids: list[str], video_id: str) -> None:
    left = iter(clip_ids)
    actions = cycle(["approve", "skip", "archive"])
    for _ in range(REPEATS):
        _do(api, f"/clips/{next(left)}/actions", action=next(actions), version=1)
        group = {"with_clip_id": next(left), "with_version": 1}
        _do(api, f"/clips/{next(left)}/actions", action="group", version=1, **group)
        items = [{"clip_id": next(left), "version": 1, "action": "skip"} for _ in range(5)]
        _do(api, "/actions", items=items)
        lease = _do(api, "/queue/next", count=5)
        _do(api, f"/leases/{lease['lease_id']}/renew")
        assert api.call("DELETE", f"/leases/{lease['lease_id']}").status == 200
        assert _do(api, "/queue/next", count=5, video_id=video_id)["items"]
        for path in ("/undo", "/redo", f"/videos/{video_id}/release"):
            _do(api, path)


def _cut_everything(api: Api, video_id: str) -> None:
    for turn in range(REPEATS):
        frame = 10 * turn + 5
        _do(api, f"/videos/{video_id}/cuts", op="add", frame=frame, version=1)
        _do(api, f"/videos/{video_id}/cuts", op="move", frame=frame, to_frame=frame + 1, version=1)
        _do(api, f"/videos/{video_id}/cuts", op="remove", frame=frame + 1, version=1)
        stale = api.post(f"/videos/{video_id}/cuts", op="add", frame=frame, version=9)
        assert stale.code == "StaleVersion"


def _watch_everything(api: Api, clip_ids: list[str], video_id: str) -> None:
    for clip_id in clip_ids[:REPEATS]:
        cursor = api.get("/changes").body["next_cursor"]
        _do(api, f"/clips/{clip_id}/actions", action="skip", version=1)
        for asked in ("", "&show=clips", f"&show=clips&video_id={video_id}", f"&video_id={video_id}"):
            answer = api.get(f"/changes?wait_s=0&cursor={cursor}{asked}")
            assert [item["video_id"] for item in answer.body["items"]] == [video_id]


def _detect_everything(catalog: Catalog, video_id: str) -> None:
    asked: dict[str, Any] = {"video_id": video_id, "min_frames": 1, "reviewer": "person 7"}
    for turn in range(REPEATS):
        proposed = tuple(range(300, 700, 7 + turn % 2))
        with catalog.transaction() as connection:
            find_standing_settings(connection, video_id)
            assert preview_detection(connection, proposed=proposed, **asked).added
        with catalog.transaction() as connection:
            apply_detection(
                connection,
                proposed=proposed,
                settings=DetectSettings(),
                new_id=lambda: str(uuid.uuid4()),
                **asked,
            )
        with catalog.transaction() as connection:
            undo(connection, reviewer="person 7")


def _play_everything(catalog: Catalog, clip_ids: list[str]) -> None:
    for clip_id in clip_ids[:REPEATS]:
        with catalog.transaction() as connection:
            copy = ObjectRef(key=get_playable_clip(connection, clip_id).clip_id, version_id="v")
            record_copy(connection, clip_id=clip_id, copy=copy, size_bytes=10)
            assert use_copy(connection, clip_id) == copy
            evict_copies(connection, cap_bytes=55)
            forget_copy(connection, clip_id=clip_id, copy=copy)


def _add_import_and_retry(api: Api, catalog: Catalog) -> None:
    """On the oldest video, which nobody else here touches."""
    video_id = query(catalog, "SELECT video_id FROM source_videos ORDER BY video_no LIMIT 1")[0]["video_id"]
    for turn in range(REPEATS):
        assert api.post("/videos", url=f"https://example.org/{turn}.mp4").status == 201
        cuts = (0, *range(10 + (turn + 1) % 2, 10 * CLIPS_EACH, 10), 10 * CLIPS_EACH)
        rows = "".join(f"{start},{end}\n" for start, end in pairwise(cuts))
        _do(api, f"/videos/{video_id}/timeline", format="csv", text=f"start_frame,end_frame\n{rows}")
        clip = live_clips(catalog, video_id)[-1]
        _do(api, f"/clips/{clip['clip_id']}/actions", action="approve", version=clip["version"])
        claim_clip(catalog, clip["clip_id"])
        with catalog.transaction() as connection:
            fail_clip(
                connection, clip_id=clip["clip_id"], running=ClipState.EXPORTING, failed=ClipState.EXPORT_FAILED,
                error=WorkerLost("gone"),
            )  # fmt: skip
            finish_waves(connection, video_id)
        _do(api, f"/clips/{clip['clip_id']}/actions", action="retry", version=clip["version"] + 3)
        _do(api, f"/clips/{clip['clip_id']}/actions", action="skip", version=clip["version"] + 4)


def _do(api: Api, path: str, **body: Any) -> Any:
    answer = api.post(path, **body)
    assert answer.status == 200, answer.body
    return answer.body


def test_no_route_reads_all_clips_or_all_events(
    settings: CatalogSettings, clip_ids: list[str], sequential: list[str], api: Api, catalog: Catalog
) -> None:
    """EXPLAIN tells for each statement; the server's own counters tell for triggers and foreign keys too."""
    before = count_sequential_scans(settings)
    video_id = query(catalog, "SELECT video_id FROM clips WHERE clip_id = %s", clip_ids[0])[0]["video_id"]
    _read_everything(api, clip_ids[0], video_id)
    _decide_everything(api, clip_ids[CLIPS_EACH:], video_id)
    _cut_everything(api, video_id)
    with catalog.transaction() as at_work:
        at_work.execute("SELECT pg_current_xact_id()")  # a position then names a transaction
        _watch_everything(api, clip_ids[CLIPS_EACH - REPEATS :], video_id)
    _detect_everything(catalog, video_id)
    _play_everything(catalog, clip_ids)
    _add_import_and_retry(api, catalog)
    assert sequential == []
    catalog.close()
    assert count_sequential_scans(settings) == before
