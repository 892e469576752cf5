"""Playing a clip as a file of its own: made on demand, the very bytes of its export, kept under a cap."""

import hashlib
import importlib
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from heaters.catalog.artifacts import artifacts_of, replace_artifacts
from heaters.catalog.connection import Catalog
from heaters.catalog.playback import evict_copies, record_copy, use_copy
from heaters.domain import object_keys
from heaters.domain.jobs import ObjectRef
from heaters.domain.results import ExportResult, StoredObject
from heaters.domain.settings import Settings
from heaters.domain.timebase import FrameRange
from heaters.s3.store import MediaStore
from tests.api.api_client import Api
from tests.catalog.review_videos import add_video_in_review, live_clips, query
from tests.fixtures.buckets import BUCKET
from tests.media.proxies import Proxy, cut, make_proxy

FRAMES = 200
CUTS = tuple(range(2, FRAMES, 2))
CAP_BYTES = 60_000


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    """200 small frames with sound."""
    with tempfile.TemporaryDirectory() as folder:
        yield make_proxy(
            Path(folder) / "proxy.mp4",
            *("-f", "lavfi", "-i", f"testsrc2=size=96x64:rate=25:duration={FRAMES / 25}"),
            *("-f", "lavfi", "-i", f"sine=duration={FRAMES / 25}"),
        )


@pytest.fixture
def service_settings() -> dict[str, Any]:
    return {"settings": Settings(playback_cap_bytes=CAP_BYTES)}


@pytest.fixture
def clips(catalog: Catalog, store: MediaStore, proxy: Proxy) -> list[dict[str, Any]]:
    """100 clips of two frames each, of one video whose proxy is in the bucket."""
    video_id = add_video_in_review(catalog, cuts=CUTS, frame_count=FRAMES)
    store.write(object_keys.proxy(video_id), proxy.data)
    store.write(object_keys.frame_index(video_id), proxy.index_data)
    with catalog.transaction() as connection:
        connection.execute(
            "UPDATE source_videos SET proxy_key = %s, frame_index_key = %s WHERE video_id = %s",
            (object_keys.proxy(video_id), object_keys.frame_index(video_id), video_id),
        )
    return live_clips(catalog, video_id)


def _play(api: Api, clip: dict[str, Any]) -> Any:
    answer = api.post(f"/clips/{clip['clip_id']}/playback")
    assert answer.status == 200, answer.body
    return answer.body


def _read(store: MediaStore, url: str) -> bytes:
    """What the URL reads, without a server that serves it."""
    parts = urlsplit(url)
    version = parse_qs(parts.query).get("versionId")
    key = parts.path.lstrip("/").removeprefix(f"{BUCKET}/")
    return store.read(ObjectRef(key=key, version_id=version[0] if version else None))


def _rows(catalog: Catalog) -> list[dict[str, Any]]:
    return query(catalog, "SELECT * FROM playback_clips ORDER BY last_used_at")


def _stored(store: MediaStore, s3_client: Any) -> dict[ObjectRef, int]:
    """Every version of every copy in the bucket with its size; two requests, however many there are."""
    listed = s3_client.list_object_versions(Bucket=BUCKET, Prefix=object_keys.PLAYBACK)
    sizes = {version["VersionId"]: version["Size"] for version in listed.get("Versions", [])}
    return {ref: sizes[ref.version_id] for ref in store.versions_under(object_keys.PLAYBACK)}


def _frames(clip: dict[str, Any]) -> FrameRange:
    return FrameRange(start_frame=clip["start_frame"], end_frame=clip["end_frame"])


def test_a_copy_has_the_very_bytes_of_the_export(
    api: Api, store: MediaStore, clips: list[dict[str, Any]], proxy: Proxy, tmp_path: Path
) -> None:
    for clip in (clips[0], clips[41], clips[99]):
        played = _play(api, clip)
        cut(proxy, _frames(clip), tmp_path / "export.mp4")
        assert _read(store, played["url"]) == (tmp_path / "export.mp4").read_bytes()
        assert played["size_bytes"] == (tmp_path / "export.mp4").stat().st_size


def test_the_url_reads_one_object_for_ten_minutes(api: Api, clips: list[dict[str, Any]]) -> None:
    asked_at = datetime.now(UTC)
    played = _play(api, clips[3])
    parts = urlsplit(played["url"])
    assert parts.path.endswith(object_keys.playback(clips[3]["video_id"], clips[3]["clip_id"]))
    assert parse_qs(parts.query)["X-Amz-Expires"] == ["600"]
    lasts = datetime.fromisoformat(played["expires_at"]) - asked_at
    assert 600 <= lasts.total_seconds() < 700


def test_a_clip_is_copied_once(api: Api, catalog: Catalog, store: MediaStore, clips: list[Any]) -> None:
    _play(api, clips[5])
    written_bytes, (row,) = store.traffic.written_bytes, _rows(catalog)
    assert _read(store, _play(api, clips[5])["url"])
    (again,) = _rows(catalog)
    assert store.traffic.written_bytes == written_bytes
    assert again["last_used_at"] > row["last_used_at"]


def test_the_copies_stay_under_the_cap_and_those_used_last_stay(
    api: Api, catalog: Catalog, store: MediaStore, s3_client: Any, clips: list[dict[str, Any]]
) -> None:
    first = clips[0]["clip_id"]
    for clip in clips:
        _play(api, clip)
        _play(api, clips[0])
        stored = _stored(store, s3_client)
        assert sum(stored.values()) <= CAP_BYTES
        assert sorted(row["key"] for row in _rows(catalog)) == sorted(ref.key for ref in stored)
    kept = [row["clip_id"] for row in _rows(catalog)]
    assert 3 < len(kept) < 50
    assert kept[-2:] == [clips[-1]["clip_id"], first]
    assert set(kept[:-1]) == {clip["clip_id"] for clip in clips[-len(kept) + 1 :]}


def test_those_who_ask_at_once_get_the_same_bytes_and_one_copy_is_known(
    api: Api, catalog: Catalog, store: MediaStore, s3_client: Any, clips: list[dict[str, Any]]
) -> None:
    for clip in clips[:8]:
        with ThreadPoolExecutor(4) as pool:
            played = list(pool.map(lambda _, clip=clip: _play(api, clip), range(4)))
        assert len({hashlib.sha256(_read(store, one["url"])).digest() for one in played}) == 1
        assert len([row for row in _rows(catalog) if row["clip_id"] == clip["clip_id"]]) == 1
        assert _play(api, clip)["size_bytes"] == len(_read(store, played[0]["url"]))
    assert len({ref.key for ref in _stored(store, s3_client)}) == len(_rows(catalog)) == 8


def test_a_copy_that_the_bucket_has_lost_is_made_again(
    api: Api, catalog: Catalog, store: MediaStore, s3_client: Any, clips: list[dict[str, Any]]
) -> None:
    before = _read(store, _play(api, clips[7])["url"])
    for ref in _stored(store, s3_client):
        store.ask("delete_object", ref.key, VersionId=ref.version_id)
    assert _read(store, _play(api, clips[7])["url"]) == before
    assert len(_rows(catalog)) == len(_stored(store, s3_client)) == 1


def test_an_exported_clip_is_played_from_its_export_as_long_as_that_is_there(
    api: Api, catalog: Catalog, store: MediaStore, clips: list[dict[str, Any]]
) -> None:
    clip = clips[9]
    key = object_keys.export(clip["video_id"], clip["clip_id"])
    store.write(key, b"the export")
    result = ExportResult(
        clip_id=clip["clip_id"], export=StoredObject(key=key, size_bytes=10), frames=_frames(clip), frame_count=2,
        first_frame_md5="a", last_frame_md5="b",
    )  # fmt: skip
    with catalog.transaction() as connection:
        replace_artifacts(
            connection,
            video_id=clip["video_id"],
            clip_id=clip["clip_id"],
            artifacts=artifacts_of(result),
        )
    assert _read(store, _play(api, clip)["url"]) == b"the export"
    assert _rows(catalog) == []
    store.delete([key])
    assert len(_read(store, _play(api, clip)["url"])) > 1000


def test_a_clip_that_is_too_long_is_refused_with_advice(
    api: Api, store: MediaStore, s3_client: Any, clips: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("chalicelib.clip_files"), "MAX_COPY_BYTES", 900)
    refused = api.post(f"/clips/{clips[0]['clip_id']}/playback")
    assert (refused.status, refused.code) == (422, "TooLong")
    assert "play it in its video" in refused.body["error"]["message"]
    assert refused.body["error"]["details"]["limit_bytes"] == 900
    assert _stored(store, s3_client) == {}


def test_an_archived_clip_and_an_unknown_one_are_refused(
    api: Api, catalog: Catalog, clips: list[dict[str, Any]]
) -> None:
    clip_id = clips[0]["clip_id"]
    api.post(f"/clips/{clip_id}/actions", action="archive", version=1)
    with catalog.transaction() as connection:
        connection.execute("UPDATE clips SET state = 'archived' WHERE clip_id = %s", (clip_id,))
    assert api.post(f"/clips/{clip_id}/playback").code == "TransitionRefused"
    assert api.post("/clips/nobody/playback").status == 404


def test_a_clip_whose_cuts_changed_keeps_a_copy_of_its_own(
    api: Api, catalog: Catalog, store: MediaStore, clips: list[dict[str, Any]]
) -> None:
    before = _read(store, _play(api, clips[1])["url"])
    api.post(f"/videos/{clips[1]['video_id']}/cuts", op="remove", frame=clips[1]["start_frame"], version=1)
    merged = live_clips(catalog, clips[1]["video_id"])[0]
    assert (merged["start_frame"], merged["end_frame"]) == (0, 4)
    assert _read(store, _play(api, merged)["url"]) != before
    assert _read(store, _play(api, clips[1])["url"]) == before


def test_a_copy_that_somebody_is_just_using_is_not_evicted(
    catalog: Catalog, clips: list[dict[str, Any]]
) -> None:
    for clip in clips[:3]:
        with catalog.transaction() as connection:
            copy = ObjectRef(key=clip["clip_id"], version_id="v")
            record_copy(connection, clip_id=clip["clip_id"], copy=copy, size_bytes=10)
    evicted: list[ObjectRef] = []
    with ThreadPoolExecutor(1) as pool, catalog.transaction() as using:
        use_copy(using, clips[0]["clip_id"])
        evicted = pool.submit(_evict, catalog, 10).result(timeout=60)
    assert [ref.key for ref in evicted] == [clips[1]["clip_id"]]
    assert [ref.key for ref in _evict(catalog, 10)] == [clips[2]["clip_id"]]
    assert [row["clip_id"] for row in _rows(catalog)] == [clips[0]["clip_id"]]


def _evict(catalog: Catalog, cap_bytes: int) -> list[ObjectRef]:
    with catalog.transaction() as connection:
        return evict_copies(connection, cap_bytes=cap_bytes)
