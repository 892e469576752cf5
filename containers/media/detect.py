"""Detect scenes: stored scores in, cuts out. A Lambda."""

from typing import Any

from containers.runner import Work, run_as_lambda
from heaters.domain.jobs import DetectJob, ObjectRef
from heaters.domain.results import DetectResult
from heaters.media.scenes.cuts import decided_by, propose_cuts
from heaters.media.scenes.scores import Scores


def detect_scenes(work: Work[DetectJob]) -> DetectResult:
    """The cuts that the job's settings find in its scores."""
    job = work.job
    scores = Scores.from_bytes(work.store.read(ObjectRef(key=job.scores_key)))
    return DetectResult(
        cuts=propose_cuts(scores, job.settings),
        frame_count=scores.frame_count,
        settings=job.settings,
        decided_by=decided_by(scores, job.settings),
    )


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    return run_as_lambda("detect_scenes", detect_scenes, event)
