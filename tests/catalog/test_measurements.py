"""Where measurements of videos are, as recording a proxy noted them, and below what length a clip is short."""

from fractions import Fraction

import pytest

from heaters.catalog.artifacts import Artifact, ArtifactKind, replace_artifacts
from heaters.catalog.connection import Catalog
from heaters.catalog.measurements import Measurements, find_measurements, get_measurements
from heaters.domain import object_keys
from heaters.domain.errors import NotFound
from heaters.domain.results import StoredObject
from tests.catalog.review_videos import add_video_in_review

RATE = Fraction(24000, 1001)


def note_facts(catalog: Catalog, video_id: str) -> None:
    stored = StoredObject(key=object_keys.facts(video_id), size_bytes=2032)
    with catalog.transaction() as connection:
        facts = [Artifact(kind=ArtifactKind.FACTS, stored=stored)]
        replace_artifacts(connection, video_id=video_id, artifacts=facts)


def get(catalog: Catalog, video_id: str) -> Measurements:
    with catalog.transaction() as connection:
        return get_measurements(connection, video_id)


def test_a_video_from_before_has_a_rate_and_a_length_and_no_measurements(catalog: Catalog) -> None:
    assert get(catalog, add_video_in_review(catalog)) == Measurements(
        rate=RATE, frame_count=100, shortest_frames=15, facts=None, sound=None
    )


def test_facts_that_are_made_anew_have_the_same_key_and_another_time(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    note_facts(catalog, video_id)
    first = get(catalog, video_id).facts
    note_facts(catalog, video_id)
    second = get(catalog, video_id).facts
    assert first is not None
    assert second is not None
    assert (
        (first.key, first.size_bytes)
        == (second.key, second.size_bytes)
        == (object_keys.facts(video_id), 2032)
    )
    assert first.made_at < second.made_at


def test_many_videos_are_asked_for_at_once_and_those_that_are_not_there_left_out(catalog: Catalog) -> None:
    videos = [add_video_in_review(catalog) for _ in range(3)]
    note_facts(catalog, videos[1])
    with catalog.transaction() as connection:
        found = find_measurements(connection, [*videos, "nobody"])
        assert find_measurements(connection, []) == {}
    assert {video_id: measured.facts is not None for video_id, measured in found.items()} == {
        videos[0]: False, videos[1]: True, videos[2]: False,
    }  # fmt: skip


def test_a_video_that_is_not_there_is_not_found(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="nobody"):
        get(catalog, "nobody")
