"""The sweeper: finds whatever was lost on the way and puts it right. Runs every 15 minutes; each part does its own
gather, decide, apply, and what cannot be put right now is logged and looked at again the next time. While all is
quiet it asks S3 and Step Functions only and does not wake the catalog.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from functions.support import runtime
from functions.support.arrivals import Upload, accept_upload
from functions.support.comparisons import compare_waiting_clips
from functions.support.overdue_gates import forgotten_videos, hand_over, old_executions, remind
from heaters.catalog.changes import prune_changes
from heaters.catalog.review.gate_endings import list_unresumed_gates
from heaters.catalog.review.gates import list_videos_at_full_gates, release_if_due
from heaters.catalog.stages.failures import record_execution_failure
from heaters.catalog.stages.unfinished import delete_expired_leases, list_video_cases
from heaters.catalog.uploads import delete_old_uploads
from heaters.catalog.videos import find_missing_videos, get_video
from heaters.domain.errors import HeatersError
from heaters.domain.failures import explain_execution
from heaters.domain.ids import execution_name
from heaters.domain.object_keys import UPLOADS
from heaters.domain.sweeping import Remedy, VideoCase, decide_remedy, is_settled, may_let_catalog_sleep
from heaters.intake.executions import (
    ExecutionReport,
    describe_execution,
    last_change,
    list_running_executions,
    resume_gate,
    start_execution,
)
from heaters.intake.ingest import start_new_attempt

INTERVAL = timedelta(minutes=15)
"""How often the schedule calls."""

QUIET_S = 300
"""An execution that failed may be redriven by an operator for so long before a new attempt begins."""

STUCK_S = 3600
"""An execution that left its gate so long ago, and has no wave and no other gate, waits for a token that is lost."""

COMPARE_WITHIN_S = 60
"""Clips that were embedded and not compared get so much of each sweep."""

RESUME_AFTER_S = 30
"""Whoever released a gate has so long to tell Step Functions before the sweeper does."""

T = TypeVar("T")
_FAILED: tuple[()] = ()


@runtime.function
def handler(event: runtime.Event) -> Any:
    """A scheduled event, or any other to sweep whatever happened. Answers how much was put right, by kind; `{}` when
    nothing can have been lost since the last time and the catalog was left asleep.
    """
    if "time" in event and _may_let_catalog_sleep(datetime.fromisoformat(event["time"])):
        return {}
    done = {
        "uploads": _each(_lost_uploads, accept_upload),
        "videos": _each(_idle_videos, _put_right),
        "released": _each(_full_gates, _release),
        "resumed": _each(
            _unresumed_gates, lambda gate: resume_gate(runtime.workflow(), runtime.catalog(), gate)
        ),
        "reminded": _each(forgotten_videos, remind),
        "handed_over": _each(old_executions, hand_over),
    }
    with runtime.catalog().transaction() as connection:
        done["leases"] = delete_expired_leases(connection)
        done["changes"] = prune_changes(connection)
        done["unfinished"] = delete_old_uploads(connection)
    done["compared"] = _try(partial(compare_waiting_clips, within_s=COMPARE_WITHIN_S), "comparisons") or 0
    runtime.logger.info("swept", put_right=done)
    return done


def _may_let_catalog_sleep(now: datetime) -> bool:
    workflow = last_change(runtime.workflow(), state_machine_arn=runtime.state_machine_arn())
    times = [time for time in (workflow, runtime.store().last_change(UPLOADS)) if time is not None]
    return may_let_catalog_sleep(now=now, changed_at=max(times, default=None), interval=INTERVAL)


def _each(find: Callable[[], Iterable[T]], apply: Callable[[T], object]) -> int:
    """Find, and apply to each; whatever fails keeps nobody else from being helped. Returns how many were put right."""
    found = _try(find, find.__name__)
    return sum(_try(partial(apply, item), repr(item)) not in (False, _FAILED) for item in found)


def _try(work: Callable[[], Any], what: str) -> Any:
    """What `work` answers; a failure is logged, and the next sweep tries again."""
    try:
        return work()
    except HeatersError as exc:
        runtime.logger.warning("not put right", item=what[:200], failure=exc.to_json())
    except Exception:  # noqa: BLE001 - what one odd object brings out must not starve all the others
        runtime.logger.exception("not put right", item=what[:200])
    return _FAILED


def _lost_uploads() -> list[Upload]:
    store = runtime.store()
    uploads = {
        upload.video_id: upload
        for ref in store.versions_under(UPLOADS)
        if not ref.key.endswith("/")
        for upload in [Upload(bucket=store.bucket, key=ref.key, version_id=ref.version_id)]
    }
    with runtime.catalog().transaction() as connection:
        missing = find_missing_videos(connection, uploads)
    return [uploads[video_id] for video_id in sorted(missing)]


def _idle_videos() -> list[VideoCase]:
    """Videos with something left to do and no execution that does it, or one that is stuck."""
    running = list_running_executions(runtime.workflow(), state_machine_arn=runtime.state_machine_arn())
    with runtime.catalog().transaction() as connection:
        cases = list_video_cases(connection, quiet_s=QUIET_S, stuck_s=STUCK_S)
    return [
        case
        for case in cases
        if (case.stuck or execution_name(case.video_id, case.attempt) not in running) and not is_settled(case)
    ]


def _put_right(case: VideoCase) -> bool:
    """Ask how the video's execution is, decide, and do it; False when there was nothing to do."""
    report = describe_execution(
        runtime.workflow(),
        state_machine_arn=runtime.state_machine_arn(),
        name=execution_name(case.video_id, case.attempt),
    )
    remedy = decide_remedy(replace(case, execution_status=report.status if report else None))
    runtime.logger.info("looked at a video", video_id=case.video_id, state=case.state, remedy=remedy)
    if remedy is Remedy.RECORD and report is not None:
        _record(case, report)
    elif remedy is not Remedy.NOTHING:
        _start(case, new_attempt=remedy is Remedy.NEW_ATTEMPT)
    return remedy is not Remedy.NOTHING


def _record(case: VideoCase, report: ExecutionReport) -> None:
    error = explain_execution(
        what=f"The execution of video {case.video_id}",
        status=report.status,
        error=report.error,
        cause=report.cause,
    )
    with runtime.catalog().transaction() as connection:
        record_execution_failure(connection, video_id=case.video_id, attempt=case.attempt, error=error)


def _start(case: VideoCase, *, new_attempt: bool) -> None:
    client, arn = runtime.workflow(), runtime.state_machine_arn()
    with runtime.catalog().transaction() as connection:
        video = replace(get_video(connection, case.video_id), attempt=case.attempt)
    if new_attempt:
        start_new_attempt(runtime.catalog(), client, state_machine_arn=arn, video=video)
    else:
        start_execution(client, state_machine_arn=arn, video=video)


def _full_gates() -> list[str]:
    with runtime.catalog().transaction() as connection:
        return list_videos_at_full_gates(connection)


def _release(video_id: str) -> None:
    with runtime.catalog().transaction() as connection:
        gate = release_if_due(connection, video_id=video_id)
    if gate is not None:
        resume_gate(runtime.workflow(), runtime.catalog(), gate)


def _unresumed_gates() -> list[Any]:
    with runtime.catalog().transaction() as connection:
        return list_unresumed_gates(connection, older_than_s=RESUME_AFTER_S)
