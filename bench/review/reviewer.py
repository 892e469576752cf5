"""One simulated reviewer: what to ask next, and what is learnt from the answer. Pure but for its own random numbers.

It works through leased clips as a person does: mostly decisions, some corrections of cuts, now and then an undo, a look
at a list, or a page that was left open too long.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

LEASE_COUNT = 10
BATCH_COUNT = 5
REMEMBERED = 20


@dataclass(frozen=True, kw_only=True)
class Request:
    """`kind` is the row of the table that it counts in."""

    kind: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None


WEIGHTS: Mapping[str, float] = {
    "approve": 42, "skip": 18, "archive": 7, "batch of 5": 4, "group": 2,
    "add a cut": 5, "move a cut": 2, "remove a cut": 3,
    "undo": 6, "redo": 3,
    "renew the lease": 2, "release the gate": 0.5,
    "show a clip": 1, "show a video": 1, "list clips": 2, "list events": 1, "list videos": 0.5,
}  # fmt: skip
"""How often each is asked for, beside the leases that run out by themselves."""


@dataclass
class Reviewer:
    """`video_id`: works on that video alone; without one, on whatever the queue gives."""

    name: str
    video_id: str | None
    seed: int
    lease_id: str | None = None
    waiting: dict[str, dict[str, Any]] = field(default_factory=dict)
    done: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def choose(self) -> Request:
        """The next request."""
        if len(self.waiting) < 2:
            self.waiting.clear()
            where = {"video_id": self.video_id} if self.video_id else {}
            return Request(
                kind="lease 10 clips", method="POST", path="/queue/next", body={"count": LEASE_COUNT, **where}
            )
        (kind,) = self._random.choices(list(WEIGHTS), list(WEIGHTS.values()))
        return _MAKERS[kind](self, kind)

    def learn(self, request: Request, status: int, body: Any) -> None:
        """Take over what the answer says about clips."""
        if request.kind == "lease 10 clips" and status == 200:
            self.lease_id = body["lease_id"]
            self.waiting = {clip["clip_id"]: clip for clip in body["items"]}
        elif status == 200:
            for clip in body.get("clips", ()):
                self._see(clip)
        elif status == 409 and "clip" in body["error"]["details"]:
            self._see(body["error"]["details"]["clip"])

    def think_s(self) -> float:
        """Between 0.3 and 1 second: one to two actions a second, as fast as keys are pressed."""
        return self._random.uniform(0.3, 1.0)

    def _see(self, clip: dict[str, Any]) -> None:
        self.waiting.pop(clip["clip_id"], None)
        self.done.pop(clip["clip_id"], None)
        if clip["state"] == "pending_review":
            self.waiting[clip["clip_id"]] = clip
        elif clip["state"].startswith("review_"):
            self.done[clip["clip_id"]] = clip
        if len(self.done) > REMEMBERED:
            del self.done[next(iter(self.done))]

    def _pick(self) -> dict[str, Any]:
        """The clip that is next; once in a while one that was decided already."""
        known = self.done if self.done and self._random.random() < 0.1 else self.waiting
        return next(iter(known.values()))

    def _decide(self, kind: str) -> Request:
        clip = self._pick()
        body = {"action": kind, "version": clip["version"]}
        return Request(kind=kind, method="POST", path=f"/clips/{clip['clip_id']}/actions", body=body)

    def _batch(self, kind: str) -> Request:
        clips = list(self.waiting.values())[:BATCH_COUNT]
        items = [{"clip_id": c["clip_id"], "version": c["version"], "action": "skip"} for c in clips]
        return Request(kind=kind, method="POST", path="/actions", body={"items": items})

    def _group(self, kind: str) -> Request:
        first, second = list(self.waiting.values())[:2]
        body = {
            "action": "group", "version": first["version"],
            "with_clip_id": second["clip_id"], "with_version": second["version"],
        }  # fmt: skip
        return Request(kind=kind, method="POST", path=f"/clips/{first['clip_id']}/actions", body=body)

    def _cut(self, kind: str) -> Request:
        clip = next(iter(self.waiting.values()))
        start, end = clip["start_frame"], clip["end_frame"]
        body: dict[str, Any] = {"op": kind.split(maxsplit=1)[0], "frame": start, "version": clip["version"]}
        if body["op"] == "add":
            body["frame"] = (start + end) // 2
        elif body["op"] == "move":
            body["to_frame"] = (start + end) // 2
        return Request(kind=kind, method="POST", path=f"/videos/{clip['video_id']}/cuts", body=body)

    def _take_back(self, kind: str) -> Request:
        return Request(kind=kind, method="POST", path=f"/{kind}")

    def _renew(self, kind: str) -> Request:
        return Request(kind=kind, method="POST", path=f"/leases/{self.lease_id}/renew")

    def _release(self, kind: str) -> Request:
        return Request(kind=kind, method="POST", path=f"/videos/{self._pick()['video_id']}/release")

    def _look(self, kind: str) -> Request:
        clip = self._pick()
        return Request(kind=kind, method="GET", path=_PAGES[kind].format(**clip))


_PAGES: Mapping[str, str] = {
    "show a clip": "/clips/{clip_id}",
    "show a video": "/videos/{video_id}",
    "list clips": "/videos/{video_id}/clips?limit=100",
    "list events": "/videos/{video_id}/events?limit=50",
    "list videos": "/videos?limit=50",
}
_MAKERS: Mapping[str, Callable[[Reviewer, str], Request]] = {
    **dict.fromkeys(["approve", "skip", "archive"], Reviewer._decide),
    **dict.fromkeys(["add a cut", "move a cut", "remove a cut"], Reviewer._cut),
    **dict.fromkeys(["undo", "redo"], Reviewer._take_back),
    **dict.fromkeys(_PAGES, Reviewer._look),
    "batch of 5": Reviewer._batch,
    "group": Reviewer._group,
    "renew the lease": Reviewer._renew,
    "release the gate": Reviewer._release,
}
