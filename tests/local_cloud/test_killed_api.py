"""kill -9 of the API in the middle of load: no action is half done and every released gate resumes.

Real Postgres, real API processes, real executions of moto's Step Functions that wait at real gates.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from heaters.catalog.connection import Catalog, CatalogSettings
from heaters.catalog.review.replay import check_log
from local_cloud.cloud import LocalCloud, start_local_cloud
from local_cloud.machine.settings import LocalSettings
from tests.catalog.review_videos import add_video_in_review, query
from tests.local_cloud.killed_api import Client, Servers, Told, Workflow, gate_stack
from tests.local_cloud.small_assembly import write_assembly
from tests.profile import scaled

MOMENTS = ("before", "after", "any")
"""Before Step Functions is told of a release; after it was told and before that is noted; whatever is just going on."""
KILLS = len(MOMENTS) * max(2, scaled(7))
VIDEOS, CLIENTS = 3 * KILLS, 4
DEADLINE_S = 120


@pytest.fixture(scope="module")
def cloud(folder: Path) -> Iterator[LocalCloud]:
    assembly = write_assembly(folder / "assembly", {"Gates": gate_stack()})
    with start_local_cloud(LocalSettings(home=folder / "home", assembly=assembly)) as kept:
        yield kept


@pytest.fixture
def catalog(cloud: LocalCloud) -> Iterator[Catalog]:
    kept = Catalog(CatalogSettings(conninfo=cloud.database_url))
    yield kept
    kept.close()


@pytest.fixture
def workflow(cloud: LocalCloud) -> Iterator[Workflow]:
    kept = Workflow(cloud.url)
    yield kept
    kept.close()


@pytest.fixture
def servers(cloud: LocalCloud, workflow: Workflow, folder: Path) -> Servers:
    starter = cloud.lambdas.spec("start_video").environment
    return Servers(
        children=cloud.children,
        environment={**cloud.environment, **starter},
        folder=folder,
        workflow=workflow,
    )


@pytest.fixture
def video_ids(cloud: LocalCloud, catalog: Catalog, wait_for: Any) -> list[str]:
    """Videos of three clips, each with an execution at a gate that the first decision releases."""
    found = [add_video_in_review(catalog) for _ in range(VIDEOS)]
    client = cloud.client("stepfunctions")
    for video_id in found:
        payload = {"video_id": video_id, "attempt": 1, "release_size": 1}
        client.start_execution(
            stateMachineArn=cloud.resources.machines[0].arn, name=f"{video_id}-1", input=json.dumps(payload)
        )
    waiting = "SELECT FROM review_gates WHERE state = 'open'"
    wait_for(lambda: len(query(catalog, waiting)) == VIDEOS, "all executions to wait", DEADLINE_S)
    return found


@pytest.mark.soak
def test_a_killed_api_leaves_no_half_done_action_and_no_execution_waiting(
    cloud: LocalCloud,
    catalog: Catalog,
    servers: Servers,
    video_ids: list[str],
    wait_for: Any,
) -> None:
    told = Told()
    clients = [Client(n, servers=servers, video_ids=video_ids, told=told) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    for number in range(KILLS):
        _kill(MOMENTS[number % len(MOMENTS)], servers, told, wait_for)
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.join(DEADLINE_S)

    assert told.strange == []
    assert told.unanswered >= KILLS - KILLS // len(MOMENTS)
    events = {row["event_id"] for row in query(catalog, "SELECT event_id FROM review_events")}
    assert len(set(told.events)) == len(told.events)
    assert set(told.events) <= events
    assert [check_log(catalog, video_id) for video_id in video_ids] == [[] for _ in video_ids]
    _every_released_gate_resumes(cloud, catalog, clients[0], wait_for)


def _kill(moment: str, servers: Servers, told: Told, wait_for: Any) -> None:
    """Kill the API at `moment`, once it has served some requests."""
    before, process = told.answers, servers.process
    wait_for(lambda: told.answers > before + 10, "the API to be at work", DEADLINE_S)
    if moment == "any":
        servers.kill()
    else:
        servers.workflow.kill_at_next_call(moment, servers.kill)
        wait_for(lambda: servers.process is not process, "a gate to be released", DEADLINE_S)


def _every_released_gate_resumes(
    cloud: LocalCloud, catalog: Catalog, client: Client, wait_for: Callable[..., Any]
) -> None:
    """Half a minute later: some by the next request for clips, the others by the sweeper."""
    lost = _list_lost_gates(catalog)
    assert len(lost) >= KILLS // len(MOMENTS)
    _set_age(catalog, lost[::2], "1 min")
    _set_age(catalog, lost[1::2], "0")
    client.ask("POST", "/queue/next")
    assert _list_lost_gates(catalog) == lost[1::2]
    _set_age(catalog, lost[1::2], "1 min")
    swept = cloud.client("lambda").invoke(FunctionName="sweep", Payload=b"{}")
    assert json.loads(swept["Payload"].read())["resumed"] == len(lost[1::2])
    gates = query(catalog, "SELECT video_id, state FROM review_gates WHERE released_at IS NOT NULL")
    assert {gate["state"] for gate in gates} <= {"resumed", "gone"}
    for gate in gates:
        wait_for(lambda gate=gate: _went_on(cloud, gate["video_id"]), f"the execution of {gate['video_id']}")


def _list_lost_gates(catalog: Catalog) -> list[int]:
    rows = query(catalog, "SELECT gate_id FROM review_gates WHERE state = 'released' ORDER BY gate_id")
    return [row["gate_id"] for row in rows]


def _set_age(catalog: Catalog, gate_ids: list[int], age: str) -> None:
    """Let these gates have been released so long ago."""
    query(
        catalog,
        "UPDATE review_gates SET released_at = now() - %s::interval WHERE gate_id = ANY(%s) RETURNING 1",
        age,
        gate_ids,
    )


def _went_on(cloud: LocalCloud, video_id: str) -> bool:
    arn = f"{cloud.resources.machines[0].arn.replace(':stateMachine:', ':execution:')}:{video_id}-1"
    history = cloud.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
    return any(event["type"] == "WaitStateEntered" for event in history)
