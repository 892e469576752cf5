"""The stages "Make proxy" and "Detect scenes" from object to object."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from containers.media.detect import detect_scenes
from containers.media.proxy import index_proxy, make_proxy_of_source
from containers.runner import Work
from heaters.domain import object_keys
from heaters.domain.errors import DamagedMedia, UnsupportedMedia
from heaters.domain.jobs import DetectJob, DetectSettings, ObjectRef, ProxyJob
from heaters.domain.results import ProxyResult
from heaters.media.clips.candidates import KeyframeCandidates
from heaters.media.clips.frame_index import FrameIndex
from heaters.media.facts.frame_facts import FrameFacts
from heaters.media.proxy.pieces import array_names
from heaters.media.proxy.single_pass import make_proxy
from heaters.media.sound.levels import SoundLevels, silence_of_frames
from heaters.media.source.probe import probe
from heaters.s3.store import MediaStore
from tests.media.pictures import encode

SMALL = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=1", "-preset", "ultrafast")
VIDEO_ID = "00000000-0000-5000-8000-000000000001"
SOURCE = ObjectRef(key="uploads/somebody's film.mov")
STRANGE_KEY = "uploads/-i %d\n\u05e9\u05dc\u05d5\u05dd\u202e;$(x) " + 200 * "x" + ".m3u8"


def make(
    store: MediaStore,
    source: Path,
    folder: Path,
    fractions: list[float] | None = None,
    *,
    key: str = SOURCE.key,
) -> ProxyResult:
    store.put_file(source, key, content_type="application/octet-stream")
    folder.mkdir()
    heard = [] if fractions is None else fractions
    job = ProxyJob(video_id=VIDEO_ID, source=ObjectRef(key=key))

    def report(fraction: float, **_more: float | None) -> None:
        heard.append(fraction)

    return make_proxy_of_source(Work(job=job, store=store, folder=folder, report=report))


def test_a_source_becomes_proxy_index_scores_and_storyboard(
    store: MediaStore, media_folder: Path, tmp_path: Path
) -> None:
    fractions: list[float] = []
    result = make(store, media_folder / "car_detection.mp4", tmp_path / "work", fractions)
    assert (result.frame_count, result.fps, result.width, result.height) == (377, Fraction(25, 2), 768, 432)
    assert (result.has_audio, result.warnings) == (True, ())
    assert result.proxy.key == object_keys.proxy(VIDEO_ID)
    assert store.size_bytes(result.proxy) == result.proxy_size_bytes
    assert FrameIndex.from_bytes(store.read(ObjectRef(key=result.frame_index.key))).frame_count == 377
    assert (result.source.frame_count, result.source.lost_frames, result.source.video_codec) == (
        377,
        0,
        "h264",
    )
    board = result.storyboard
    assert (board.tile_count, board.columns, board.interval_s, len(board.sheets)) == (31, 10, 1.0, 1)
    assert set(store.keys_under("")) == {
        SOURCE.key, result.proxy.key, result.frame_index.key, result.scores.key, board.sheets[0].key,
        object_keys.keyframe_candidates(VIDEO_ID), object_keys.facts(VIDEO_ID), object_keys.sound(VIDEO_ID),
    }  # fmt: skip
    assert fractions[-1] == pytest.approx(0.95, abs=0.05)


def test_keyframe_candidates_are_stored_one_for_each_tile(
    store: MediaStore, media_folder: Path, tmp_path: Path
) -> None:
    result = make(store, media_folder / "corrupted.mp4", tmp_path / "work")
    assert result.keyframe_candidates is not None
    found = KeyframeCandidates.from_bytes(store.read(ObjectRef(key=result.keyframe_candidates.key)))
    assert len(found.frames) == result.storyboard.tile_count


def test_facts_and_sound_are_of_the_very_frames_of_the_proxy(
    store: MediaStore, media_folder: Path, tmp_path: Path
) -> None:
    result = make(store, media_folder / "big_buck_bunny_480p_30s.mp4", tmp_path / "work")
    assert result.facts is not None
    assert result.sound is not None
    facts = FrameFacts.from_bytes(store.read(ObjectRef(key=result.facts.key)))
    levels = SoundLevels.from_bytes(store.read(ObjectRef(key=result.sound.key)))
    assert (facts.frame_count, facts.rate) == (720, 24)
    assert (levels.window_count, int(levels.peaks.max()) > 1000) == (1500, True)
    assert np.array_equal(facts.rows["silence"], silence_of_frames(levels, rate=facts.rate, frame_count=720))
    assert facts.rows["silence"].min() == 0
    cuts = facts.rows["motion"][[285, 378, 553]]
    assert (cuts > 5 * np.median(facts.rows["motion"])).all()


def test_a_video_without_sound_is_silent_throughout(store: MediaStore, tmp_path: Path) -> None:
    source = encode(
        tmp_path / "mute.mp4", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=1", "-c:v", "libx264",
    )  # fmt: skip
    make(store, source, tmp_path / "work")
    facts = FrameFacts.from_bytes(store.read(ObjectRef(key=object_keys.facts(VIDEO_ID))))
    levels = SoundLevels.from_bytes(store.read(ObjectRef(key=object_keys.sound(VIDEO_ID))))
    assert facts.rows["silence"].tolist() == [1] * 25
    assert levels.peaks.tolist() == [0] * 50


def test_cuts_come_from_the_stored_scores(store: MediaStore, media_folder: Path, tmp_path: Path) -> None:
    result = make(store, media_folder / "big_buck_bunny_480p_30s.mp4", tmp_path / "work")
    job = DetectJob(video_id=VIDEO_ID, scores_key=result.scores.key, settings=DetectSettings())
    found = detect_scenes(Work(job=job, store=store, folder=tmp_path, report=lambda *_: None))
    assert (found.cuts, found.frame_count) == ((285, 378, 553), 720)


def test_a_lost_frame_is_told_in_the_result(store: MediaStore, media_folder: Path, tmp_path: Path) -> None:
    result = make(store, media_folder / "corrupted.mp4", tmp_path / "work")
    assert (result.source.frame_count, result.source.lost_frames, result.frame_count) == (49, 1, 50)
    assert result.warnings == ("1 of 50 frames could not be decoded.",)


def test_a_source_that_is_a_proxy_is_not_copied(store: MediaStore, tmp_path: Path) -> None:
    source = encode(
        tmp_path / "intra.mp4", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=1", "-c:v", "libx264",
        "-pix_fmt", "yuv420p", "-g", "1", "-bf", "0", "-movflags", "+faststart",
    )  # fmt: skip
    result = make(store, source, tmp_path / "work")
    assert result.proxy == SOURCE
    assert result.facts is not None
    assert result.proxy_size_bytes == source.stat().st_size
    assert not store.exists(object_keys.proxy(VIDEO_ID))


def test_what_is_no_video_leaves_nothing_behind(store: MediaStore, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("This is not a video.\n")
    with pytest.raises(UnsupportedMedia, match="text"):
        make(store, tmp_path / "text.mp4", tmp_path / "work")
    assert list(store.keys_under("")) == [SOURCE.key]


def test_a_long_key_of_two_lines_right_to_left_changes_nothing(
    store: MediaStore, media_folder: Path, tmp_path: Path
) -> None:
    result = make(store, media_folder / "corrupted.mp4", tmp_path / "work", key=STRANGE_KEY)
    assert (result.frame_count, result.proxy.key) == (50, object_keys.proxy(VIDEO_ID))


def test_a_timecode_is_kept_as_the_camera_wrote_it(store: MediaStore, tmp_path: Path) -> None:
    source = encode(tmp_path / "source.mov", *SMALL, "-timecode", "10:00:00:05")
    assert make(store, source, tmp_path / "work").source.timecode == "10:00:00:05"


def test_a_timecode_in_the_name_is_read_where_the_file_has_none(store: MediaStore, tmp_path: Path) -> None:
    source = encode(tmp_path / "source.mp4", *SMALL)
    result = make(store, source, tmp_path / "work", key="uploads/A001_01-02-03-04.mp4")
    assert result.source.timecode == "01:02:03:04"


def test_colours_that_a_source_does_not_say_are_told(store: MediaStore, tmp_path: Path) -> None:
    source = encode(tmp_path / "source.mpg", *SMALL, "-c:v", "mpeg2video", "-f", "vob")
    assert make(store, source, tmp_path / "work").source.assumed_colours == "BT.601"


def test_a_mismatch_of_frames_is_permanent_and_blames_the_video(tmp_path: Path) -> None:
    """Trying again would find the same frames; whoever uploaded the video never saw a proxy."""
    path = encode(tmp_path / "source.mp4", *SMALL)
    made = make_proxy(path, probe(path), folder=tmp_path)
    arrays = {name: getattr(made.scores, name)[1:] for name in array_names(made.scores)}
    with pytest.raises(DamagedMedia, match="times of this video's frames") as failed:
        index_proxy(replace(made, scores=replace(made.scores, **arrays)))
    assert "proxy" not in failed.value.message
