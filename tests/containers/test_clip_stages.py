"""The stages "Export", "Keyframes" and "Archive master" from object to object."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from containers.media.export import export
from containers.media.keyframes import keyframes
from containers.media.master import archive_master
from containers.runner import Work
from heaters.domain import object_keys
from heaters.domain.errors import SourceUnavailable
from heaters.domain.jobs import ExportJob, KeyframesJob, KeyframeStrategy, MasterJob, MasterPolicy, ObjectRef
from heaters.domain.timebase import FrameRange
from heaters.media.clips.candidates import KeyframeCandidates
from heaters.s3.store import MediaStore
from tests.media.proxies import Proxy, frame_md5s, make_proxy

VIDEO_ID, CLIP_ID = "00000000-0000-5000-8000-000000000001", "00000000-0000-5000-8000-000000000002"
FRAMES = FrameRange(start_frame=9, end_frame=81)
PROXY = ObjectRef(key=object_keys.proxy(VIDEO_ID))
INDEX_KEY = object_keys.frame_index(VIDEO_ID)
SOURCE = ObjectRef(key="uploads/film.mp4")


@pytest.fixture(scope="module")
def proxy(media_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Proxy:
    path = tmp_path_factory.mktemp("clips") / "proxy.mp4"
    return make_proxy(path, "-ss", "9", "-t", "5", "-i", str(media_folder / "big_buck_bunny_480p_30s.mp4"))


@pytest.fixture
def stored(store: MediaStore, proxy: Proxy) -> MediaStore:
    """A store that holds the proxy and its index, and has not been used since."""
    store.write(PROXY.key, proxy.data)
    store.write(INDEX_KEY, proxy.index_data)
    store.traffic.read_bytes = store.traffic.written_bytes = 0
    return store


def run_stage(program: Callable[[Work[Any]], Any], job: object, store: MediaStore, folder: Path) -> Any:
    folder.mkdir(exist_ok=True)
    return program(Work(job=job, store=store, folder=folder, report=lambda *_a, **_k: None))


def export_job() -> ExportJob:
    return ExportJob(
        video_id=VIDEO_ID, clip_id=CLIP_ID, frames=FRAMES, proxy=PROXY, frame_index_key=INDEX_KEY
    )


def test_an_export_lies_at_its_key_and_tells_what_it_shows(
    stored: MediaStore, proxy: Proxy, tmp_path: Path
) -> None:
    result = run_stage(export, export_job(), stored, tmp_path / "work")
    assert result.export.key == object_keys.export(VIDEO_ID, CLIP_ID)
    assert (result.clip_id, result.frames, result.frame_count) == (CLIP_ID, FRAMES, 72)
    assert (result.first_frame_md5, result.last_frame_md5) == (proxy.frame_md5s[9], proxy.frame_md5s[80])
    copy = tmp_path / "copy.mp4"
    stored.fetch(ObjectRef(key=result.export.key), copy)
    assert frame_md5s(copy) == proxy.frame_md5s[9:81]


def test_an_export_reads_hardly_more_than_it_writes(stored: MediaStore, tmp_path: Path) -> None:
    run_stage(export, export_job(), stored, tmp_path / "work")
    assert stored.traffic.read_bytes <= 1.05 * stored.traffic.written_bytes


def test_keyframes_are_tagged_images_at_numbered_keys(
    stored: MediaStore, s3_client: Any, tmp_path: Path
) -> None:
    job = KeyframesJob(
        video_id=VIDEO_ID, clip_id=CLIP_ID, frames=FRAMES, proxy=PROXY, frame_index_key=INDEX_KEY
    )
    result = run_stage(keyframes, job, stored, tmp_path / "work")
    assert [keyframe.frame for keyframe in result.keyframes] == [27, 45, 63]
    keys = [object_keys.keyframe(VIDEO_ID, CLIP_ID, position) for position in range(3)]
    assert [keyframe.image.key for keyframe in result.keyframes] == keys
    head = s3_client.head_object(Bucket="media", Key=keys[0])
    tags = s3_client.get_object_tagging(Bucket="media", Key=keys[0])["TagSet"]
    assert (head["ContentType"], tags) == ("image/jpeg", [{"Key": "heaters-class", "Value": "keyframe"}])


@pytest.mark.parametrize(("candidate", "expected"), [(31, 31), (None, 45)])
def test_the_best_keyframe_is_the_candidate_or_where_none_is_kept_the_middle(
    candidate: int | None, expected: int, stored: MediaStore, tmp_path: Path
) -> None:
    """Proxies from before candidates were kept have none."""
    if candidate is not None:
        found = KeyframeCandidates(frames=np.array([candidate], np.uint32), worths=np.ones(1, np.float32))
        stored.write(object_keys.keyframe_candidates(VIDEO_ID), found.to_bytes())
    job = KeyframesJob(
        video_id=VIDEO_ID, clip_id=CLIP_ID, frames=FRAMES, proxy=PROXY, frame_index_key=INDEX_KEY,
        strategy=KeyframeStrategy.BEST,
    )  # fmt: skip
    result = run_stage(keyframes, job, stored, tmp_path / "work")
    assert [keyframe.frame for keyframe in result.keyframes] == [expected]


def test_a_proxy_that_is_gone_is_unavailable(store: MediaStore, proxy: Proxy, tmp_path: Path) -> None:
    store.write(INDEX_KEY, proxy.index_data)
    with pytest.raises(SourceUnavailable):
        run_stage(export, export_job(), store, tmp_path / "work")


def test_a_master_made_again_leaves_no_orphan(
    store: MediaStore, s3_client: Any, media_folder: Path, tmp_path: Path
) -> None:
    store.put_file(media_folder / "hevc_10bit.mp4", SOURCE.key, content_type="video/mp4")
    store.write(object_keys.master_segment(VIDEO_ID, 0), b"from a run before")
    store.write(object_keys.master_segment(VIDEO_ID, 1), b"of a longer master")
    store.write(object_keys.master_segment("another-video", 0), b"not ours")
    job = MasterJob(video_id=VIDEO_ID, source=SOURCE)
    result = run_stage(archive_master, job, store, tmp_path / "work")
    assert [segment.key for segment in result.segments] == list(store.keys_under(f"masters/{VIDEO_ID}/"))
    assert store.exists(object_keys.master_segment("another-video", 0))
    copy = tmp_path / "copy.mkv"
    store.fetch(ObjectRef(key=result.segments[0].key), copy)
    assert frame_md5s(copy) == frame_md5s(media_folder / "hevc_10bit.mp4")
    assert result.frame_count == 30
    tags = s3_client.get_object_tagging(Bucket="media", Key=result.segments[0].key)["TagSet"]
    assert tags == [{"Key": "heaters-class", "Value": "master"}]


def test_the_policy_original_makes_no_segments(store: MediaStore, tmp_path: Path) -> None:
    job = MasterJob(video_id=VIDEO_ID, source=SOURCE, policy=MasterPolicy.ORIGINAL)
    result = run_stage(archive_master, job, store, tmp_path / "work")
    assert (result.policy, result.segments) == (MasterPolicy.ORIGINAL, ())
    assert store.traffic.read_bytes == 0
