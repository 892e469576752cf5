"""What follows the commit of a decision that released a gate: Step Functions is told to go on."""

import logging
from collections.abc import Iterable

from chalicelib.services import Services

from heaters.catalog.gates import Gate, list_unresumed_gates
from heaters.domain.errors import HeatersError
from heaters.executions import resume_gate

log = logging.getLogger("heaters-review")


LOST_AFTER_S = 30
"""A release that Step Functions has not been told of for so long was lost, most likely with its process."""


def resume_lost_gates(services: Services) -> None:
    """Repeat the calls that were lost. Reviewers who are at work mend this within a request or two; when nobody is,
    the sweeper does.
    """
    with services.catalog.transaction() as connection:
        lost = list_unresumed_gates(connection, older_than_s=LOST_AFTER_S)
    resume_gates(services, lost)


def resume_gates(services: Services, gates: Iterable[Gate]) -> None:
    """Tell the executions behind these gates. A call that fails is only logged: the sweeper repeats it."""
    for gate in gates:
        try:
            resume_gate(services.workflow, services.catalog, gate)
        except HeatersError as exc:
            log.warning("Gate %s of video %s was not resumed: %s", gate.gate_id, gate.video_id, exc.message)
