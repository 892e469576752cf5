"""What follows the commit of an action: Step Functions is told to go on, or to begin again."""

import logging
from collections.abc import Iterable

from chalicelib.services import Services

from heaters.catalog.connection import Connection
from heaters.catalog.review.gate_endings import list_unresumed_gates
from heaters.catalog.review.gates import Gate
from heaters.domain.errors import HeatersError
from heaters.intake.executions import resume_gate
from heaters.intake.ingest import reopen_video

log = logging.getLogger("heaters-review")


LOST_AFTER_S = 30
"""A release that Step Functions has not been told of for so long was lost, most likely with its process."""

LOST_AT_ONCE = 10
"""So many lost releases one request makes good: its own answer waits for them."""


def list_lost_gates(connection: Connection) -> list[Gate]:
    """Gates whose calls were lost and are to be repeated. Reviewers who are at work mend this within a request or two;
    when nobody is, the sweeper does.
    """
    return list_unresumed_gates(connection, older_than_s=LOST_AFTER_S)


def resume_lost_gates(services: Services) -> None:
    """Find and repeat the calls that were lost."""
    with services.catalog.transaction() as connection:
        lost = list_lost_gates(connection)
    resume_gates(services, lost[:LOST_AT_ONCE])


def resume_gates(services: Services, gates: Iterable[Gate]) -> None:
    """Tell the executions behind these gates. After a call that fails the rest is left to the sweeper, for the reviewer
    waits meanwhile.
    """
    for gate in gates:
        try:
            resume_gate(services.workflow, services.catalog, gate)
        except HeatersError as exc:
            log.warning("Gate %s of video %s was not resumed: %s", gate.gate_id, gate.video_id, exc.message)
            return


def reopen_videos(services: Services, video_ids: Iterable[str]) -> None:
    """Begin again with complete videos that have something to do. After a call that fails the rest is left to the
    sweeper, for the reviewer waits meanwhile.
    """
    for video_id in video_ids:
        try:
            reopen_video(
                services.catalog,
                services.workflow,
                state_machine_arn=services.state_machine_arn,
                video_id=video_id,
            )
        except HeatersError as exc:
            log.warning("Video %s was not reopened: %s", video_id, exc.message)
            return
