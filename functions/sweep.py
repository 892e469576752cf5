"""The sweeper: finds whatever was lost on the way and puts it right. Runs every 15 minutes; each part does its own
gather, decide, apply, and what cannot be put right now is logged and looked at again the next time.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from functions import runtime
from functions.uploads import Upload, accept_upload
from heaters.catalog.gates import list_unresumed_gates, list_videos_at_full_gates, release_if_due
from heaters.catalog.lost_work import delete_expired_leases, list_video_cases
from heaters.catalog.stage_failures import record_execution_failure
from heaters.catalog.videos import find_missing_videos, get_video
from heaters.domain.errors import HeatersError
from heaters.domain.failures import explain_execution
from heaters.domain.ids import execution_name
from heaters.domain.object_keys import UPLOADS
from heaters.domain.sweeping import Remedy, VideoCase, decide_remedy, is_settled
from heaters.executions import (
    ExecutionReport,
    describe_execution,
    list_running_executions,
    resume_gate,
    start_execution,
)
from heaters.ingest import start_new_attempt

QUIET_S = 300
"""An execution that failed may be redriven by an operator for so long before a new attempt begins."""

RESUME_AFTER_S = 30
"""Whoever released a gate has so long to tell Step Functions before the sweeper does."""

_RUNNING = ExecutionReport(status="RUNNING")
T = TypeVar("T")


@runtime.function
def handler(_event: runtime.Event) -> Any:
    """Any event. Answers how much was put right, by kind."""
    done = {
        "uploads": _each(_lost_uploads(), accept_upload),
        "videos": _each(_lost_videos(), lambda found: _apply(*found)),
        "released": _each(_full_gates(), _release),
        "resumed": _each(
            _unresumed_gates(), lambda gate: resume_gate(runtime.workflow(), runtime.catalog(), gate)
        ),
    }
    with runtime.catalog().transaction() as connection:
        done["leases"] = delete_expired_leases(connection)
    runtime.logger.info("swept", put_right=done)
    return done


def _each(found: Iterable[T], apply: Callable[[T], object]) -> int:
    """Apply to each; one that fails keeps nobody else from being helped. Returns how many succeeded."""
    count = 0
    for item in found:
        try:
            apply(item)
            count += 1
        except HeatersError as exc:
            runtime.logger.warning("not put right", item=repr(item)[:200], failure=exc.to_json())
    return count


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


def _lost_videos() -> list[tuple[VideoCase, ExecutionReport | None, Remedy]]:
    client, arn = runtime.workflow(), runtime.state_machine_arn()
    running = list_running_executions(client, state_machine_arn=arn)
    with runtime.catalog().transaction() as connection:
        cases = [case for case in list_video_cases(connection, quiet_s=QUIET_S) if not is_settled(case)]
    found: list[tuple[VideoCase, ExecutionReport | None, Remedy]] = []
    for case in cases:
        name = execution_name(case.video_id, case.attempt)
        report = _RUNNING if name in running else describe_execution(client, state_machine_arn=arn, name=name)
        remedy = decide_remedy(replace(case, execution_status=report.status if report else None))
        if remedy is not Remedy.NOTHING:
            found.append((case, report, remedy))
    return found


def _apply(case: VideoCase, report: ExecutionReport | None, remedy: Remedy) -> None:
    runtime.logger.info("video was lost", video_id=case.video_id, state=case.state, remedy=remedy)
    with runtime.catalog().transaction() as connection:
        video = get_video(connection, case.video_id)
        if remedy is Remedy.RECORD and report is not None:
            error = explain_execution(
                what=f"The execution of video {case.video_id}",
                status=report.status,
                error=report.error,
                cause=report.cause,
            )
            record_execution_failure(connection, video_id=case.video_id, attempt=case.attempt, error=error)
    client, arn = runtime.workflow(), runtime.state_machine_arn()
    if remedy is Remedy.START:
        start_execution(client, state_machine_arn=arn, video=video)
    if remedy is Remedy.NEW_ATTEMPT:
        start_new_attempt(
            runtime.catalog(), client, state_machine_arn=arn, video=replace(video, attempt=case.attempt)
        )


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
