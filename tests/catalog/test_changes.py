"""Changes as readers see them: none is missed whatever commits first, and few rows tell of many clips."""

from collections.abc import Iterator

import pytest

from functions import record_progress
from heaters.catalog import changes
from heaters.catalog.changes import (
    Change,
    News,
    Position,
    find_position,
    prune_changes,
    read_changes,
    read_position,
)
from heaters.catalog.connection import Catalog, CatalogSettings, Connection, open_connection
from heaters.catalog.review.actions import add_cut, decide_clip, import_cuts
from heaters.catalog.review.gates import release_if_due
from heaters.catalog.schema.migrate import migrate, read_migrations
from heaters.domain.review.plans import Action
from tests.catalog.review_videos import add_video_in_review, live_clips, query, wait_at_gate
from tests.catalog.stages import pipeline as at


@pytest.fixture
def other(settings: CatalogSettings) -> Iterator[Connection]:
    """A second session, for transactions at the same time."""
    with open_connection(settings) as connection:
        yield connection


def here(catalog: Catalog) -> Position:
    with catalog.transaction() as connection:
        return find_position(connection)


def news(catalog: Catalog, since: Position, video_id: str | None = None) -> News:
    with catalog.transaction() as connection:
        return read_changes(connection, since, video_id=video_id)


def told(catalog: Catalog, since: Position, video_id: str | None = None) -> tuple[Change, ...]:
    found = news(catalog, since, video_id).changes
    assert found is not None
    return found


def rename(connection: Connection, video_id: str, title: str) -> None:
    connection.execute("UPDATE source_videos SET title = %s WHERE video_id = %s", (title, video_id))


def approve(connection: Connection, clip_id: str, version: int = 1) -> None:
    decide_clip(connection, clip_id=clip_id, action=Action.APPROVE, version=version, reviewer="ann")


def test_a_decision_is_told_once_with_its_clip(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    clip_id = live_clips(catalog, video_id)[0]["clip_id"]
    before = here(catalog)
    with catalog.transaction() as connection:
        approve(connection, clip_id)
    first = news(catalog, before)
    assert first.changes == (Change(video_id=video_id, kinds=("clips",), clip_ids=(clip_id,)),)
    assert told(catalog, first.position) == ()


def test_transactions_that_commit_in_reverse_order_are_both_told(
    catalog: Catalog, connection: Connection, other: Connection
) -> None:
    """A reader by growing number would have passed over the first when it saw the second."""
    first, second = add_video_in_review(catalog), add_video_in_review(catalog)
    before = here(catalog)
    with connection.transaction():
        rename(connection, first, "began first, commits last")
        with other.transaction():
            rename(other, second, "began last, commits first")
        between = news(catalog, before)
        assert between.changes == (Change(video_id=second, kinds=("video",), clip_ids=()),)
    after = news(catalog, between.position)
    assert after.changes == (Change(video_id=first, kinds=("video",), clip_ids=()),)
    assert told(catalog, after.position) == ()


def test_a_long_transaction_holds_nobody_back_and_is_told_when_it_ends(
    catalog: Catalog, connection: Connection, other: Connection
) -> None:
    slow, quick = add_video_in_review(catalog), add_video_in_review(catalog)
    position = here(catalog)
    with connection.transaction():
        rename(connection, slow, "slow")
        for number in range(30):
            rename(other, quick, f"quick {number}")
            found = news(catalog, position)
            assert found.changes == (Change(video_id=quick, kinds=("video",), clip_ids=()),)
            position = found.position
    assert [change.video_id for change in told(catalog, position)] == [slow]


def test_what_is_rolled_back_is_never_told(catalog: Catalog, connection: Connection) -> None:
    video_id = add_video_in_review(catalog)
    before = here(catalog)
    with connection.transaction(force_rollback=True):
        rename(connection, video_id, "never")
    assert told(catalog, before) == ()


def test_a_change_inside_a_savepoint_is_told(catalog: Catalog, connection: Connection) -> None:
    """A savepoint has a transaction number of its own, which no snapshot names."""
    video_id = add_video_in_review(catalog)
    before = here(catalog)
    with connection.transaction(), connection.transaction():
        rename(connection, video_id, "saved")
    assert [change.video_id for change in told(catalog, before)] == [video_id]


def test_of_many_transactions_at_work_a_position_names_a_few_and_misses_none(
    catalog: Catalog, connection: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends before those that it does not name, and what was finished after that is told again."""
    monkeypatch.setattr(changes, "MAX_IN_PROGRESS", 1)
    first, second, third = (add_video_in_review(catalog) for _ in range(3))
    before = here(catalog)
    with connection.transaction():
        rename(connection, first, "first")
        with other.transaction():
            rename(other, second, "second")
            with catalog.transaction() as own:
                rename(own, third, "third")
            between = news(catalog, before)
            assert len(between.position.in_progress) == 1
    after = told(catalog, between.position)
    assert [change.video_id for change in after] == [second, third, first]


def test_positions_are_read_from_snapshots() -> None:
    names = ",".join(map(str, range(100, 200)))
    assert read_position("10:20:12,15", at_s=7) == Position(xmax=20, in_progress=(12, 15), at_s=7)
    assert read_position("10:10:", at_s=7) == Position(xmax=10, in_progress=(), at_s=7)
    crowded = read_position(f"100:200:{names}", at_s=7)
    assert (crowded.xmax, crowded.in_progress) == (164, tuple(range(100, 164)))


def test_ten_thousand_clips_in_one_transaction_are_one_row(catalog: Catalog) -> None:
    before = here(catalog)
    video_id = add_video_in_review(catalog, cuts=range(1, 10_000), frame_count=10_000)
    with catalog.transaction() as connection:
        ids = [f"new-{n}" for n in range(10_000)]
        import_cuts(
            connection, video_id=video_id, cuts=tuple(range(2, 10_000, 2)), new_ids=ids, reviewer="ann"
        )
    rows = query(catalog, "SELECT kinds, clip_ids FROM changes ORDER BY xact")
    assert rows == [{"kinds": ["video", "clips"], "clip_ids": None}, {"kinds": ["clips"], "clip_ids": None}]
    assert [change.clip_ids for change in told(catalog, before, video_id)] == [None, None]


def test_a_cut_tells_of_the_old_clip_and_the_new_ones_in_one_row(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    old = live_clips(catalog, video_id)[0]["clip_id"]
    before = here(catalog)
    with catalog.transaction() as connection:
        add_cut(connection, video_id=video_id, frame=20, version=1, new_ids=("left", "right"), reviewer="ann")
    (change,) = told(catalog, before)
    assert set(change.clip_ids or ()) == {old, "left", "right"}


def test_a_gate_that_opens_or_is_released_is_told(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    before = here(catalog)
    wait_at_gate(catalog, video_id)
    opened = news(catalog, before)
    assert opened.changes == (Change(video_id=video_id, kinds=("gate",), clip_ids=()),)
    with catalog.transaction() as connection:
        assert release_if_due(connection, video_id=video_id, asked=True, released_by="ann")
    assert [change.kinds for change in told(catalog, opened.position)] == [("gate",)]


@pytest.mark.usefixtures("surroundings")
def test_progress_is_of_a_kind_of_its_own(catalog: Catalog) -> None:
    """Readers may wait with it; a change of state they may not."""
    at.add_video()
    at.begin()
    before = here(catalog)
    detail = {"video_id": at.VIDEO, "stage": "proxy", "fraction": 0.5, "eta_s": 3, "speed": 2}
    at.call(record_progress, detail=detail)
    assert [change.kinds for change in told(catalog, before)] == [("progress",)]


@pytest.mark.usefixtures("surroundings")
def test_the_stages_of_a_video_and_of_its_clips_are_told(catalog: Catalog) -> None:
    before = here(catalog)
    at.bring_to_review()
    brought = news(catalog, before)
    at.decide("review_approved", at.clips()[0]["clip_id"])
    at.collect()
    at.process(at.clips()[0]["clip_id"])
    followed = told(catalog, brought.position)
    assert {"video", "clips"} <= {kind for change in brought.changes or () for kind in change.kinds}
    assert len(followed) >= 4, "decided, claimed, exported, keyframed"
    assert {change.clip_ids for change in followed} == {(at.clips()[0]["clip_id"],)}


def test_only_the_video_that_was_asked_for_is_told(catalog: Catalog, connection: Connection) -> None:
    one, two = add_video_in_review(catalog), add_video_in_review(catalog)
    before = here(catalog)
    rename(connection, one, "one")
    assert [change.video_id for change in told(catalog, before, one)] == [one]
    assert told(catalog, before, two) == ()
    assert told(catalog, before, "no such video") == ()


def test_who_missed_an_hour_begins_again(catalog: Catalog) -> None:
    now = here(catalog)
    old = Position(xmax=now.xmax, in_progress=(), at_s=now.at_s - changes.KEPT_S - 1)
    assert news(catalog, old).changes is None
    assert told(catalog, now) == ()


def test_who_missed_very_much_begins_again(
    catalog: Catalog, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MAX_ROWS", 3)
    video_id = add_video_in_review(catalog)
    before = here(catalog)
    for number in range(3):
        rename(connection, video_id, f"{number}")
    assert len(told(catalog, before)) == 3
    rename(connection, video_id, "one too many")
    assert news(catalog, before).changes is None


def test_a_position_of_another_database_begins_again(catalog: Catalog) -> None:
    ahead = Position(xmax=10**12, in_progress=(), at_s=here(catalog).at_s)
    assert news(catalog, ahead).changes is None


def test_old_changes_are_pruned_and_young_ones_kept(catalog: Catalog, connection: Connection) -> None:
    add_video_in_review(catalog)
    connection.execute("UPDATE changes SET at = at - interval '119 minutes'")
    assert prune_changes(connection) == 0
    connection.execute("UPDATE changes SET at = at - interval '2 minutes'")
    assert prune_changes(connection) == 1
    assert prune_changes(connection) == 0


def test_two_reviewers_of_one_video_do_not_wait_for_each_others_note(
    catalog: Catalog, connection: Connection, other: Connection
) -> None:
    """No row is shared, so that the second commits while the first is still at work."""
    video_id = add_video_in_review(catalog)
    one, two, _ = (clip["clip_id"] for clip in live_clips(catalog, video_id))
    decide = "UPDATE clips SET state = 'review_skipped', decided_at = now() WHERE clip_id = %s"
    other.execute("SET lock_timeout = '2s'")
    with connection.transaction():
        connection.execute(decide, (one,))
        other.execute(decide, (two,))


def test_the_version_before_may_go_on_while_the_schema_changes(empty_database_url: str) -> None:
    """Its role was granted the tables of its time; the triggers fire for it too."""
    settings = CatalogSettings(conninfo=empty_database_url)
    migrations = read_migrations()
    number = next(each.number for each in migrations if each.name.endswith("_changes"))
    with open_connection(settings) as owner:
        migrate(owner, migrations[: number - 1])
        owner.execute("CREATE ROLE heaters_old_version")
        try:
            owner.execute(
                "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO heaters_old_version"
            )
            migrate(owner, migrations)
            owner.execute("SET ROLE heaters_old_version")
            owner.execute(
                """
                INSERT INTO source_videos (video_id, title, source_bucket, source_key, undo_window_s, release_size)
                VALUES ('v', 't', 'media', 'uploads/u/v.mp4', 60, 25)
                """
            )
            assert owner.execute("SELECT kinds FROM changes").fetchall() == [{"kinds": ["video"]}]
        finally:
            owner.execute("RESET ROLE")
            owner.execute("DROP OWNED BY heaters_old_version")
            owner.execute("DROP ROLE heaters_old_version")
