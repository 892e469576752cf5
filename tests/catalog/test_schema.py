"""The rules that Postgres itself keeps: the same states as in Python, and clips that partition their video."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import psycopg
import pytest

from heaters.catalog.artifacts import ArtifactKind
from heaters.catalog.clips import insert_clips
from heaters.catalog.connection import Catalog, Connection
from heaters.catalog.cuts import delete_cuts, insert_cuts, list_cuts
from heaters.domain import states, transitions
from heaters.domain.errors import CutRefused, TransitionRefused
from heaters.domain.pipeline import STAGES
from heaters.domain.review.gates import ReleaseReason
from heaters.domain.timebase import FrameRange
from tests.catalog.stages import pipeline as at
from tests.catalog.stages.pipeline import VIDEO

TABLES: dict[str, Mapping[Any, frozenset[Any]]] = {
    "video": transitions.VIDEO_TRANSITIONS,
    "clip": transitions.CLIP_TRANSITIONS,
    "master": transitions.MASTER_TRANSITIONS,
    "gate": transitions.GATE_TRANSITIONS,
}


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("video_state", states.VideoState),
        ("clip_state", states.ClipState),
        ("master_state", states.MasterState),
        ("gate_state", states.GateState),
        ("artifact_kind", ArtifactKind),
    ],
)
def test_enum_types_have_the_labels_of_the_domain(
    connection: Connection, name: str, members: type[StrEnum]
) -> None:
    rows = connection.execute(
        """
        SELECT enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid
        WHERE typname = %s
        """,
        (name,),
    )
    assert {row["enumlabel"] for row in rows} == {member.value for member in members}


def test_transitions_are_those_of_the_domain(connection: Connection) -> None:
    rows = connection.execute("SELECT entity, before, after FROM transitions")
    assert {(row["entity"], row["before"], row["after"]) for row in rows} == {
        (entity, str(before), str(after))
        for entity, table in TABLES.items()
        for before, afters in table.items()
        for after in afters
    }


def test_runs_are_of_known_stages(connection: Connection) -> None:
    """A run of any other stage is refused by its foreign key."""
    rows = connection.execute("SELECT name FROM stages")
    assert {row["name"] for row in rows} == {stage.name for stage in STAGES}


def test_checks_name_every_reason(connection: Connection) -> None:
    checks = connection.execute(
        "SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE contype = 'c'"
    )
    text = " ".join(row["text"] for row in checks)
    assert all(f"'{name}'" in text for name in ReleaseReason)


@pytest.mark.usefixtures("surroundings")
def test_a_change_of_state_that_is_not_listed_is_refused(catalog: Catalog) -> None:
    at.bring_to_review()
    for statement in (
        "UPDATE source_videos SET state = 'downloading'",
        "UPDATE source_videos SET master_state = 'archived'",
        "UPDATE clips SET state = 'embedded', wave_id = NULL",
    ):
        with pytest.raises(TransitionRefused, match="cannot become"), catalog.transaction() as connection:
            connection.execute(statement)


@pytest.mark.usefixtures("surroundings")
def test_every_change_of_a_clip_raises_its_version(connection: Connection) -> None:
    at.bring_to_review(cuts=())
    (clip,) = at.clips()
    at.decide("review_skipped", clip["clip_id"])
    at.decide("review_approved", clip["clip_id"])
    assert at.clips()[0]["version"] == clip["version"] + 2


@pytest.mark.usefixtures("surroundings")
def test_live_clips_cannot_overlap(catalog: Catalog) -> None:
    at.bring_to_review(frame_count=100, cuts=(40,))
    with (
        pytest.raises(CutRefused, match="clips_do_not_overlap"),
        catalog.transaction() as connection,
    ):
        insert_clips(connection, video_id=VIDEO, segments=[("x", FrameRange(start_frame=39, end_frame=41))])


@pytest.mark.usefixtures("surroundings")
def test_a_gap_between_clips_is_refused_when_it_would_be_committed(catalog: Catalog) -> None:
    at.bring_to_review(frame_count=100, cuts=(40,))
    with pytest.raises(CutRefused, match="cover 40 frames"), catalog.transaction() as connection:
        connection.execute("UPDATE clips SET state = 'superseded' WHERE start_frame = 40")


@pytest.mark.usefixtures("surroundings")
def test_clips_without_their_cut_are_refused(catalog: Catalog) -> None:
    at.bring_to_review(frame_count=100, cuts=())
    halves = [
        ("a", FrameRange(start_frame=0, end_frame=50)),
        ("b", FrameRange(start_frame=50, end_frame=100)),
    ]

    def split_without_cut() -> None:
        with catalog.transaction() as connection:
            connection.execute("UPDATE clips SET state = 'superseded'")
            insert_clips(connection, video_id=VIDEO, segments=halves)

    with pytest.raises(CutRefused, match="At frame 50"):
        split_without_cut()


@pytest.mark.parametrize(
    ("gone", "new", "cuts"),
    [
        ([30], [], [30]),
        ([0], [(0, 9)], []),
        ([0], [(1, 10)], []),
        ([90], [(90, 99)], []),
        ([40, 50], [(40, 45), (46, 60)], [46]),
        ([40, 50], [(40, 60)], []),
        ([40, 50], [(40, 55), (55, 60)], [55]),
        ([0, 10, 20, 30, 40, 50, 60, 70, 80, 90], [], []),
    ],
)
@pytest.mark.usefixtures("surroundings")
def test_a_change_that_leaves_a_hole_or_a_wrong_cut_is_refused_wherever_it_is(
    catalog: Catalog, gone: list[int], new: list[tuple[int, int]], cuts: list[int]
) -> None:
    """The check looks near the change only; what it is content with must be whole."""
    at.bring_to_review(frame_count=100, cuts=tuple(range(10, 100, 10)))
    segments = [(f"new-{a}", FrameRange(start_frame=a, end_frame=b)) for a, b in new]

    def change() -> None:
        with catalog.transaction() as connection:
            connection.execute("UPDATE clips SET state = 'superseded' WHERE start_frame = ANY(%s)", (gone,))
            insert_clips(connection, video_id=VIDEO, segments=segments)
            insert_cuts(connection, video_id=VIDEO, frames=cuts)

    with pytest.raises(CutRefused):
        change()


@pytest.mark.usefixtures("surroundings")
def test_a_clip_keeps_its_frames(catalog: Catalog) -> None:
    at.bring_to_review(frame_count=100, cuts=(40,))
    with pytest.raises(CutRefused, match="supersede it instead"), catalog.transaction() as connection:
        connection.execute("UPDATE clips SET start_frame = start_frame + 1")


@pytest.mark.usefixtures("surroundings")
def test_a_split_and_its_undo_keep_the_partition(catalog: Catalog) -> None:
    """Superseded clips may overlap live ones, and come back when the others have gone."""
    at.bring_to_review(frame_count=100, cuts=())
    halves = [
        ("a", FrameRange(start_frame=0, end_frame=50)),
        ("b", FrameRange(start_frame=50, end_frame=100)),
    ]
    (whole,) = at.clips()
    with catalog.transaction() as connection:
        connection.execute("UPDATE clips SET state = 'superseded'")
        insert_cuts(connection, video_id=VIDEO, frames=[50], origin="reviewer", by="r")
        insert_clips(connection, video_id=VIDEO, segments=halves)
    assert [clip["clip_id"] for clip in at.clips()] == ["a", "b"]
    with catalog.transaction() as connection:
        connection.execute("UPDATE clips SET state = 'superseded' WHERE clip_id IN ('a', 'b')")
        connection.execute(
            "UPDATE clips SET state = 'pending_review' WHERE clip_id = %s", (whole["clip_id"],)
        )
        delete_cuts(connection, video_id=VIDEO, frames=[50])
        assert list_cuts(connection, VIDEO) == ()
    assert [clip["clip_id"] for clip in at.clips()] == [whole["clip_id"]]


@pytest.mark.usefixtures("surroundings")
def test_a_decision_without_its_time_is_refused(connection: Connection) -> None:
    at.bring_to_review()
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("UPDATE clips SET state = 'review_approved'")


@pytest.mark.usefixtures("surroundings")
def test_vectors_of_each_size_have_an_index(connection: Connection) -> None:
    """The planner uses the partial index of the vector's own size."""
    connection.execute("SET enable_seqscan = off")
    vector = "[" + ",".join(["0.1"] * 512) + "]"
    plan = connection.execute(
        """
        EXPLAIN SELECT clip_id FROM embeddings WHERE dimensions = 512 AND model = 'm'
        ORDER BY vector::vector(512) <=> %s::vector(512) LIMIT 10
        """,
        (vector,),
    ).fetchall()
    assert "embeddings_512" in str(plan)
