"""An approval through the API's function against the least that could do it: one UPDATE and one INSERT in a
transaction, on tables with the same columns and indexes but no trigger, no check of the version and no gate.
"""

import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor

from bench.review.api_function import ApiFunction, discard_log
from bench.review.audit import Accepted
from heaters.catalog.connection import Catalog, CatalogSettings, Connection

ROUNDS = 400
PERSON = "peer"


def compare_with_peer(database_url: str, video_id: str) -> tuple[list[float], list[float], list[Accepted]]:
    """Milliseconds of ours and of the peer, by turns, and what ours were told; in a process of their own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_compare, database_url, video_id).result()


def describe_peer(ours: list[float], peer: list[float]) -> str:
    mine, theirs = statistics.median(ours), statistics.median(peer)
    return (
        f"One reviewer alone, medians of {ROUNDS} by turns: approve {mine:.2f} ms in the function; bare UPDATE and "
        f"INSERT {theirs:.2f} ms; ratio {mine / theirs:.2f}."
    )


def _compare(database_url: str, video_id: str) -> tuple[list[float], list[float], list[Accepted]]:
    discard_log()
    catalog = Catalog(CatalogSettings(conninfo=database_url))
    with catalog.transaction() as connection:
        _copy_tables(connection, video_id)
        rows = connection.execute(
            "SELECT clip_id FROM clips WHERE video_id = %(video_id)s ORDER BY start_frame DESC LIMIT %(n)s",
            {"video_id": video_id, "n": ROUNDS},
        ).fetchall()
    api = ApiFunction(database_url=database_url)
    ours: list[float] = []
    peer: list[float] = []
    accepted: list[Accepted] = []
    for clip_id in (row["clip_id"] for row in rows):
        body = {"action": "approve", "version": 1}
        answered = api.call("POST", f"/clips/{clip_id}/actions", body, person=PERSON)
        accepted.append((answered.body["event_id"], PERSON, (clip_id,)))
        ours.append(answered.ms)
        began_s = time.monotonic()
        with catalog.transaction() as connection:
            _approve_barely(connection, video_id, clip_id)
        peer.append(1000 * (time.monotonic() - began_s))
    with catalog.transaction() as connection:
        connection.execute("DROP TABLE bare_clips, bare_events")
    return ours, peer, accepted


def _copy_tables(connection: Connection, video_id: str) -> None:
    connection.execute("CREATE TABLE bare_clips (LIKE clips INCLUDING ALL)")
    connection.execute("CREATE TABLE bare_events (LIKE review_events INCLUDING ALL)")
    connection.execute(
        "INSERT INTO bare_clips SELECT * FROM clips WHERE video_id = %(video_id)s", {"video_id": video_id}
    )


def _approve_barely(connection: Connection, video_id: str, clip_id: str) -> None:
    named = {"clip_id": clip_id, "video_ids": [video_id], "clip_ids": [clip_id], "reviewer": PERSON}
    connection.execute(
        """
        UPDATE bare_clips SET state = 'review_approved', version = version + 1, decided_at = now(),
            decided_by = %(reviewer)s
        WHERE clip_id = %(clip_id)s AND state = 'pending_review'
        """,
        named,
    )
    connection.execute(
        """
        INSERT INTO bare_events (reviewer, action, video_ids, clip_ids, changes, undoable)
        VALUES (%(reviewer)s, 'approve', %(video_ids)s, %(clip_ids)s, '[]', true)
        """,
        named,
    )
