"""The waveform of a video: peaks of any range of frames, in as many parts as are asked for."""

import importlib
from dataclasses import replace

import numpy as np
import pytest

from heaters.catalog.connection import Catalog
from heaters.domain import object_keys
from heaters.domain.errors import TooLong
from heaters.domain.jobs import ObjectRef
from heaters.media.sound.levels import SoundLevels
from heaters.s3.store import MediaStore
from tests.api.api_client import Answer, Api
from tests.catalog.measured_videos import add_measured_video, make_facts, make_levels, measure
from tests.catalog.review_videos import add_video_in_review


@pytest.fixture
def video_id(catalog: Catalog, store: MediaStore) -> str:
    return add_measured_video(catalog, store)


def _waveform(api: Api, video_id: str, query: str = "") -> Answer:
    return api.get(f"/videos/{video_id}/waveform{query}")


def test_a_whole_video_has_a_thousand_points_from_silence_to_full_scale(api: Api, video_id: str) -> None:
    answer = _waveform(api, video_id)
    assert answer.status == 200
    peaks = answer.body["peaks"]
    assert (len(peaks), peaks[0], peaks[-1]) == (1000, 0, 1)
    assert peaks == sorted(peaks)


def test_a_range_has_as_many_points_as_are_asked_for_and_those_of_the_whole(api: Api, video_id: str) -> None:
    whole = _waveform(api, video_id, "?points=100").body["peaks"]
    part = _waveform(api, video_id, "?start_frame=40&end_frame=60&points=20").body["peaks"]
    assert part == whole[40:60]
    assert len(_waveform(api, video_id, "?start_frame=40&end_frame=41&points=4000").body["peaks"]) == 4000


@pytest.mark.parametrize(
    "query",
    [
        "?points=0", "?points=4001", "?points=many", "?start_frame=-1", "?start_frame=100", "?end_frame=0",
        "?start_frame=50&end_frame=50", "?end_frame=101", "?frames=3",
    ],
)  # fmt: skip
def test_what_is_no_range_of_the_video_is_refused(api: Api, video_id: str, query: str) -> None:
    answer = _waveform(api, video_id, query)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_a_video_from_before_has_no_peaks(api: Api, catalog: Catalog) -> None:
    assert _waveform(api, add_video_in_review(catalog)).body == {"peaks": None}


def test_a_video_without_a_proxy_is_refused_and_one_that_is_not_there_not_found(
    api: Api, catalog: Catalog
) -> None:
    with catalog.transaction() as connection:
        connection.execute(
            """
            INSERT INTO source_videos (video_id, title, source_bucket, source_key, undo_window_s, release_size)
            VALUES ('new', 'raw.mp4', 'media', 'uploads/u/raw.mp4', 60, 25)
            """
        )
    assert _waveform(api, "new").code == "TransitionRefused"
    assert _waveform(api, "nobody").code == "NotFound"


def test_levels_are_read_once_until_they_are_made_anew(
    api: Api, catalog: Catalog, store: MediaStore, video_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    read = store.read

    def read_and_note(ref: ObjectRef) -> bytes:
        reads.append(ref.key)
        return read(ref)

    monkeypatch.setattr(store, "read", read_and_note)
    for _ in range(3):
        assert _waveform(api, video_id, "?points=1").body == {"peaks": [1]}
    assert reads == [object_keys.sound(video_id)]
    silent = np.zeros(209, np.uint16)
    measure(catalog, store, video_id, make_facts(100), SoundLevels(peaks=silent, loudness=silent))
    assert _waveform(api, video_id, "?points=1").body == {"peaks": [0]}


def test_levels_that_are_gone_are_a_reason_to_retry_the_video(
    api: Api, store: MediaStore, video_id: str
) -> None:
    store.delete([object_keys.sound(video_id)])
    gone = _waveform(api, video_id)
    assert (gone.status, gone.code) == (409, "TransitionRefused")
    assert "retry the video" in gone.body["error"]["message"]


def test_the_cache_holds_no_more_bytes_than_it_may(api: Api, store: MediaStore) -> None:
    sound_cache = importlib.import_module("chalicelib.sound_cache")
    measurements = importlib.import_module("heaters.catalog.measurements")
    body = make_levels(100).to_bytes()
    sounds = [
        measurements.Measured(key=store.write(f"s{n}", body).key, size_bytes=len(body), made_at=None)
        for n in range(3)
    ]
    cache = sound_cache.SoundCache(max_bytes=2 * len(body))
    for sound in (*sounds, sounds[1]):
        cache.read(store, sound)
    store.delete([sound.key for sound in sounds])
    assert cache.read(store, sounds[1]).window_count == cache.read(store, sounds[2]).window_count == 209
    with pytest.raises(TooLong):
        cache.read(store, replace(sounds[0], size_bytes=3 * len(body)))
