"""Search among 250,000 vectors: recall and latency of the index, with filters too, against comparing with all."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bench.scratch import scratch_folder
from bench.search.many_vectors import MODEL, VERSION, ManyVectors, best_clips, fill_catalog, make_vectors
from heaters.catalog.connection import Catalog, CatalogSettings, open_connection
from heaters.catalog.schema.migrate import migrate
from heaters.catalog.search.nearest import EF_SEARCH, Filters, Match, QueryVector, find_clips, scan_exactly
from heaters.domain.states import ClipState
from local_cloud.machine.postgres import start_postgres
from local_cloud.machine.processes import Children

CLIPS = 62_500
"""Four vectors each."""

K = 10
QUERIES = 300
EXACT_QUERIES = 5
"""A comparison with all vectors takes half a second."""

SERVER = {
    "shared_buffers": "3GB",
    "maintenance_work_mem": "2GB",
    "max_parallel_maintenance_workers": "1",  # beside the backend itself: two cores
    "dynamic_shared_memory_type": "mmap",  # the build's graph is larger than a container's /dev/shm
    "max_wal_size": "8GB",
    "fsync": "off",
    "synchronous_commit": "off",
    "jit": "off",
}
"""As a server that has room for its index; nothing here has to survive a crash."""

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first clip of the catalog was made; one follows every hour."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A kind of search: which vectors, which filters, and which clips (by number) they let through."""

    title: str
    whole: bool
    filters: Filters
    allowed: Callable[[NDArray[np.int64]], NDArray[np.bool_]]


PARTS: tuple[Part, ...] = (
    Part(title="keyframes", whole=False, filters=Filters(), allowed=lambda n: n >= 0),
    Part(title="whole clips", whole=True, filters=Filters(), allowed=lambda n: n >= 0),
    Part(
        title="keyframes, one state (20 %)",
        whole=False,
        filters=Filters(states=[ClipState.REVIEW_SKIPPED]),
        allowed=lambda n: n % 5 == 0,
    ),
    Part(
        title="keyframes, 5 s and longer (60 %)",
        whole=False,
        filters=Filters(min_s=5.0),
        allowed=lambda n: 24 + n % 240 >= 120,
    ),
    Part(
        title="keyframes, of some days (10 %)",
        whole=False,
        filters=Filters(
            created_from=BEGAN + timedelta(hours=CLIPS // 2),
            created_to=BEGAN + timedelta(hours=CLIPS // 2 + CLIPS // 10),
        ),
        allowed=lambda n: (n >= CLIPS // 2) & (n < CLIPS // 2 + CLIPS // 10),
    ),
    Part(
        title="keyframes, of one video (0.08 %)",
        whole=False,
        filters=Filters(video_id="video-77"),
        allowed=lambda n: n // 50 == 77,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    recall: float
    p50_ms: float
    p99_ms: float


def print_search() -> None:
    """Fill a catalog, build its index, search it, and print a table."""
    made = make_vectors(CLIPS, seed=1)
    with _catalog_of(made) as (catalog, filled_s, built_s):
        queries = _make_queries(made)
        print(
            f"{4 * CLIPS:,} vectors of 512 dimensions, ef_search {EF_SEARCH}, k {K}. Written in {filled_s:.0f} s, "
            f"index built in {built_s:.0f} s with {SERVER['maintenance_work_mem']} and two processes.\n"
        )
        print("| search | recall@10 | p50 | p99 | target |\n|---|---|---|---|---|")
        for part in PARTS:
            found = measure(catalog, made, part, queries)
            print(
                f"| {part.title} | {found.recall:.3f} | {found.p50_ms:.1f} ms | {found.p99_ms:.1f} ms "
                "| ≥ 0.95, p99 ≤ 10 ms |"
            )
        print(
            f"| keyframes, compared with all | 1 | {_measure_exact(catalog, queries):.0f} ms | | the peer |\n"
        )


def measure(
    catalog: Catalog, made: ManyVectors, part: Part, queries: Sequence[NDArray[np.float32]]
) -> Measured:
    """Recall and latency of `find_clips`, each query in a transaction of its own; the first tenth warms up."""
    allowed = part.allowed(np.arange(len(made.clip_ids)))
    recalls, times_ms = [], []
    for query in queries:
        began_s = time.perf_counter()
        found = _find(catalog, query, part)
        times_ms.append(1000 * (time.perf_counter() - began_s))
        wanted = best_clips(made, query, whole=part.whole, allowed=allowed, k=K)
        recalls.append(len(wanted & {match.clip_id for match in found}) / len(wanted))
    kept = sorted(times_ms[len(times_ms) // 10 :])
    return Measured(
        recall=statistics.mean(recalls),
        p50_ms=statistics.median(kept),
        p99_ms=kept[min(len(kept) - 1, int(0.99 * len(kept)))],
    )


def _find(catalog: Catalog, query: NDArray[np.float32], part: Part) -> list[Match]:
    asked = _ask(query)
    with catalog.transaction() as connection:
        return find_clips(connection, asked, whole=part.whole, filters=part.filters, limit=K)


def _measure_exact(catalog: Catalog, queries: Sequence[NDArray[np.float32]]) -> float:
    """Median milliseconds of the same question without the index."""
    times_ms = []
    for query in queries[:EXACT_QUERIES]:
        with catalog.transaction() as connection:
            connection.execute("SET LOCAL enable_indexscan = off")
            began_s = time.perf_counter()
            scan_exactly(connection, _ask(query), whole=False, filters=Filters(), limit=K, clip_count=CLIPS)
            times_ms.append(1000 * (time.perf_counter() - began_s))
    return statistics.median(times_ms)


def _ask(query: NDArray[np.float32]) -> QueryVector:
    text = "[" + ",".join(map(repr, query.tolist())) + "]"
    return QueryVector(model=MODEL, model_version=VERSION, dimensions=len(query), vector=text)


def _make_queries(made: ManyVectors) -> list[NDArray[np.float32]]:
    """Pictures like those of the catalog, none of them in it: half of a clip and half of another one of its video."""
    random = np.random.default_rng(2)
    places = random.integers(len(made.clip_ids) - 1, size=QUERIES)
    mixed = made.whole[places] + 0.5 * made.whole[places + 1]
    return list(np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32))


@contextmanager
def _catalog_of(made: ManyVectors) -> Iterator[tuple[Catalog, float, float]]:
    """A catalog with these vectors; seconds to write them, and to build the index of which they are part."""
    with scratch_folder() as folder:
        children = Children()
        try:
            postgres = start_postgres(
                data=folder / "pg", log=folder / "postgres.log", children=children, settings=SERVER
            )
            postgres.create_database()
            settings = CatalogSettings(conninfo=postgres.url())
            built = _fill(settings, made)
            catalog = Catalog(settings)
            yield catalog, *built
            catalog.close()
            postgres.stop()
        finally:
            children.close()


def _fill(settings: CatalogSettings, made: ManyVectors) -> tuple[float, float]:
    with open_connection(settings) as connection:
        migrate(connection)
        connection.execute("SET idle_session_timeout = 0")
        row = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'embeddings_512'"
        ).fetchone()
        definition: Mapping[str, str] = row or {}
        connection.execute("DROP INDEX embeddings_512")
        began_s = time.perf_counter()
        catalog = Catalog(settings)
        fill_catalog(catalog, made)
        catalog.close()
        filled_s = time.perf_counter()
        connection.execute(definition["indexdef"])
        built_s = time.perf_counter()
        connection.execute("VACUUM ANALYZE embeddings")
    return filled_s - began_s, built_s - filled_s
