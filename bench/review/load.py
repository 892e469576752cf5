"""Fifty reviewers on a catalog of 100,000 clips: what an action takes in the API's function, and that none is lost.

Each function is a process with one connection that serves one request at a time, as Lambda does; five reviewers knock
at each. Waves are claimed and worked through meanwhile. First at the pace of people, then without any pause.
"""

import contextlib
import multiprocessing
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor

import psutil

from bench.measure import describe_machine
from bench.review.audit import Accepted, Audit, audit
from bench.review.catalog import SeededVideo, seed_catalog
from bench.review.executions import Executions
from bench.review.peer import compare_with_peer, describe_peer
from bench.review.reviewer import Reviewer
from bench.review.shift import Shift, Worked, enter, work_shift
from bench.scratch import scratch_folder
from local_cloud.machine.postgres import start_postgres
from local_cloud.machine.processes import Children

REVIEWERS, FUNCTIONS = 50, 10
PACED_S, SATURATED_S, WARM_UP_S = 60, 15, 5
UNDO_WINDOW_S = 5
TARGET_MS = 25
_NO_ACTIONS = frozenset({"show a clip", "show a video", "list clips", "list events", "list videos"})


def print_review_load() -> None:
    """Seed, compare with the peer, load twice, audit, and print the tables."""
    children = Children()
    with scratch_folder() as folder, contextlib.ExitStack() as stack:
        stack.callback(children.close)
        postgres = start_postgres(data=folder / "pg", log=folder / "postgres.log", children=children)
        stack.callback(postgres.stop)
        postgres.create_database()
        began_s = time.monotonic()
        videos = seed_catalog(postgres.url(), undo_window_s=UNDO_WINDOW_S)
        print(f"100,000 clips of {len(videos)} videos in {time.monotonic() - began_s:.0f} s.", flush=True)
        ours, peer, accepted = compare_with_peer(postgres.url(), videos[-1].video_id)
        print(describe_peer(ours, peer), flush=True)
        _load(postgres.url(), videos, before=accepted)


def _load(database_url: str, videos: Sequence[SeededVideo], *, before: Sequence[Accepted]) -> None:
    executions = Executions(database_url=database_url, undo_window_s=UNDO_WINDOW_S)
    executions.start()
    reviewers = _hire(videos)
    try:
        print(f"Load average before: {os.getloadavg()[0]:.1f}.")
        cpu_s = _postgres_cpu_s()
        paced = _work(database_url, executions.url, reviewers, paced=True, lasts_s=PACED_S)
        _print_actions(paced, postgres_cpu_s=_postgres_cpu_s() - cpu_s)
        saturated = _work(database_url, executions.url, reviewers, paced=False, lasts_s=SATURATED_S)
        _print_saturated(saturated)
    finally:
        executions.close()
    shifts = [*paced, *saturated]
    found = audit(
        database_url,
        accepted=[*before, *(event for worked in shifts for event in worked.accepted)],
        released=sum(worked.released for worked in shifts),
        answered=set(executions.answered),
    )
    _print_audit(found, shifts, executions.claimed)


def _hire(videos: Sequence[SeededVideo]) -> list[Reviewer]:
    """Half take what the queue gives; a quarter shares short videos by twos, a quarter works on the two long ones."""
    chosen = (
        [None] * 26
        + [videos[400 + n // 2].video_id for n in range(12)]
        + [v.video_id for v in videos[-2:]] * 6
    )
    return [Reviewer(name=f"reviewer {n}", video_id=chosen[n], seed=n) for n in range(REVIEWERS)]


def _work(
    database_url: str, workflow_url: str, reviewers: Sequence[Reviewer], *, paced: bool, lasts_s: float
) -> list[Worked]:
    shifts = [
        Shift(
            database_url=database_url,
            workflow_url=workflow_url,
            reviewers=tuple(reviewers[n::FUNCTIONS]),
            paced=paced,
            lasts_s=lasts_s,
            warm_up_s=WARM_UP_S,
        )
        for n in range(FUNCTIONS)
    ]
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(FUNCTIONS)
    with ProcessPoolExecutor(FUNCTIONS, mp_context=spawn, initializer=enter, initargs=(ready,)) as pool:
        return list(pool.map(work_shift, shifts))


def _postgres_cpu_s() -> float:
    """What all Postgres processes of this benchmark have used, those that are gone too."""
    servers = [p for p in psutil.Process().children(recursive=True) if p.name() == "postgres"]
    used = [server.cpu_times() for server in servers]
    return float(sum(t.user + t.system + t.children_user + t.children_system for t in used))


def _print_actions(shifts: Sequence[Worked], *, postgres_cpu_s: float) -> None:
    merged = _merge(shifts)
    actions = [ms for kind, found in merged.items() if kind not in _NO_ACTIONS for ms in found]
    lists = [ms for kind, found in merged.items() if kind in _NO_ACTIONS for ms in found]
    print(
        f"\n{REVIEWERS} reviewers, 0.3 to 1 s between answer and next request; {PACED_S} s after a warm-up of "
        f"{WARM_UP_S} s.\n"
    )
    print("| in the function | requests | p50 | p99 | max | target |\n|---|---|---|---|---|---|")
    print(_row("**all actions**", actions, f"p99 ≤ {TARGET_MS} ms"))
    print(_row("all lists", lists))
    for kind, found in sorted(merged.items(), key=lambda item: -len(item[1])):
        print(_row(kind, found))
    count = len(actions + lists)
    function_cpu_s, served = sum(worked.cpu_s for worked in shifts), sum(worked.served for worked in shifts)
    print(
        f"\n{count / PACED_S:.0f} requests a second; CPU a request: {1000 * function_cpu_s / served:.1f} ms in the "
        f"function, {1000 * postgres_cpu_s / served:.1f} ms in Postgres, waves included. {_describe_wait(shifts)}",
        flush=True,
    )


def _print_saturated(shifts: Iterable[Worked]) -> None:
    served = [ms for found in _merge(shifts).values() for ms in found]
    print(
        f"\nWithout any pause, {FUNCTIONS} functions at once, {SATURATED_S} s: "
        f"{len(served) / SATURATED_S:.0f} requests a second; p50 {_percentile(served, 50):.1f} ms, "
        f"p99 {_percentile(served, 99):.1f} ms."
    )


def _print_audit(found: Audit, shifts: Sequence[Worked], claimed: int) -> None:
    refusals = sum((worked.refusals for worked in shifts), Counter[str]())
    failures = [failure for worked in shifts for failure in worked.failures]
    told = ", ".join(f"{count} {name}" for name, count in refusals.most_common()) or "none"
    print(f"\nRefused as they should be: {told}. Waves took {claimed} clips at {found.resumed_gates} gates.")
    print(
        f"Accepted answers: {found.accepted}; in the log exactly once: {found.logged_once}; events that nobody was "
        f"told of: {found.untold}; videos whose log leads to something else: {len(found.differences)} of "
        f"{found.videos}; gates released and not resumed: {found.unresumed_gates}; deadlocks: {found.deadlocks}; "
        f"failed requests: {len(failures)}."
    )
    for line in [*failures[:5], *found.differences[:5]]:
        print(f"  {line}")
    print(f"{describe_machine()}; load average now {os.getloadavg()[0]:.1f}.")
    if failures or not found.is_clean:
        raise SystemExit("heaters: the review load lost, doubled or failed something; see above.")


def _merge(shifts: Iterable[Worked]) -> dict[str, list[float]]:
    merged: dict[str, list[float]] = defaultdict(list)
    for worked in shifts:
        for kind, found in worked.ms.items():
            merged[kind] += found
    return merged


def _describe_wait(shifts: Iterable[Worked]) -> str:
    late = [ms for worked in shifts for ms in worked.late_ms]
    return f"Waiting for a function before: {_percentile(late, 50):.1f} ms (p50), {_percentile(late, 99):.1f} ms (p99)."


def _row(what: str, ms: list[float], target: str = "") -> str:
    if not ms:
        return f"| {what} | 0 | | | | |"
    return (
        f"| {what} | {len(ms)} | {_percentile(ms, 50):.1f} ms | {_percentile(ms, 99):.1f} ms | {max(ms):.1f} ms "
        f"| {target} |"
    )


def _percentile(values: list[float], percent: int) -> float:
    """The value that `percent` per cent of all do not exceed."""
    return sorted(values)[-(-len(values) * percent // 100) - 1]
