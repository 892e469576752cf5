"""What one function's process does under load: it serves its reviewers one request at a time, each again once it has
thought, and notes what every answer took and promised.
"""

import heapq
import json
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from multiprocessing.synchronize import Barrier

from bench.review.api_function import ApiFunction, discard_log
from bench.review.audit import Accepted
from bench.review.reviewer import Reviewer

_START_DEADLINE_S = 120

_ready: Barrier


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What one function's process does: its reviewers, for how long, with pauses or without.

    What is asked in the first `warm_up_s` of it is work like any other, but no time of it counts: connections, plans
    and triggers are made for the first time then, and all reviewers ask for clips in the same instant.
    """

    database_url: str
    workflow_url: str
    reviewers: tuple[Reviewer, ...]
    paced: bool
    lasts_s: float
    warm_up_s: float = 0.0


@dataclass(kw_only=True)
class Worked:
    """What came of a shift. `accepted` are events with their person and clips; `late_ms` is how long requests waited
    for their function to be free; `served` counts those of the warm-up too.
    """

    ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    late_ms: list[float] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    released: int = 0
    served: int = 0
    cpu_s: float = 0.0


def enter(ready: Barrier) -> None:
    """How a process of the pool begins: `ready` is where all functions meet before the first request."""
    global _ready  # noqa: PLW0603 - a barrier reaches a spawned process when that begins, and only then
    _ready = ready


def work_shift(shift: Shift) -> Worked:
    """Serve the reviewers of one function, each again once it has thought; runs in a process of its own."""
    discard_log()
    api = ApiFunction(
        database_url=shift.database_url, environment={"AWS_ENDPOINT_URL_SFN": shift.workflow_url}
    )
    worked = Worked()
    api.call("GET", "/videos?limit=1", person="warm-up")
    _ready.wait(_START_DEADLINE_S)
    cpu_s = time.process_time()
    counts_from_s = time.monotonic() + shift.warm_up_s
    end_s = counts_from_s + shift.lasts_s
    due = [(time.monotonic() + reviewer.think_s(), n) for n, reviewer in enumerate(shift.reviewers)]
    heapq.heapify(due)
    while max(due[0][0], time.monotonic()) < end_s:
        due_s, number = due[0]
        time.sleep(max(0.0, due_s - time.monotonic()))
        late_ms = 1000 * (time.monotonic() - due_s)
        counts = time.monotonic() >= counts_from_s
        reviewer = shift.reviewers[number]
        kind, ms = _serve(api, reviewer, worked)
        if counts:
            worked.late_ms.append(late_ms)
            worked.ms[kind].append(ms)
        pause_s = reviewer.think_s() if shift.paced else 0.0
        heapq.heapreplace(due, (time.monotonic() + pause_s, number))
    worked.cpu_s = time.process_time() - cpu_s
    return worked


def _serve(api: ApiFunction, reviewer: Reviewer, worked: Worked) -> tuple[str, float]:
    """One request; its kind and how long it took in the function."""
    request = reviewer.choose()
    answered = api.call(request.method, request.path, request.body, person=reviewer.name)
    worked.served += 1
    reviewer.learn(request, answered.status, answered.body)
    if answered.status == 409 or (answered.status, request.kind) == (404, "renew the lease"):
        worked.refusals[answered.body["error"]["code"]] += 1
    elif answered.status != 200:
        worked.failures.append(f"{request.kind}: {answered.status} {json.dumps(answered.body)[:300]}")
    elif "event_id" in answered.body:
        clip_ids = tuple(sorted(clip["clip_id"] for clip in answered.body["clips"]))
        worked.accepted.append((answered.body["event_id"], reviewer.name, clip_ids))
    worked.released += answered.body.get("released") is True
    return request.kind, answered.ms
