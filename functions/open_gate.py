"""The execution waits for reviewers: store its token. When there is nothing to wait for, it goes on at once."""

from typing import Any

from functions.support import runtime
from heaters.catalog.review.gates import open_gate
from heaters.catalog.stages.video_states import forget_video_error
from heaters.domain.states import GateState
from heaters.intake.executions import resume_gate


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"video_id", "attempt", "token", "release_size"}`; the task ends when somebody answers the token."""
    with runtime.catalog().transaction() as connection:
        gate = open_gate(
            connection,
            video_id=event["video_id"],
            attempt=event["attempt"],
            token=event["token"],
            release_size=event["release_size"],
        )
        forget_video_error(connection, event["video_id"])
    if gate.state is GateState.RELEASED:
        resume_gate(runtime.workflow(), runtime.catalog(), gate)
    return {"gate_id": gate.gate_id}
