"""What follows the commit of a decision that released a gate: Step Functions is told to go on."""

import logging
from collections.abc import Iterable

from chalicelib.services import Services

from heaters.catalog.gates import Gate
from heaters.domain.errors import HeatersError
from heaters.executions import resume_gate

log = logging.getLogger("heaters-review")


def resume_gates(services: Services, gates: Iterable[Gate]) -> None:
    """Tell the executions behind these gates. A call that fails is only logged: the sweeper repeats it."""
    for gate in gates:
        try:
            resume_gate(services.workflow, services.catalog, gate)
        except HeatersError as exc:
            log.warning("Gate %s of video %s was not resumed: %s", gate.gate_id, gate.video_id, exc.message)
