"""Gates and waves on the synthesized state machine: real functions, tokens and waits; only the media is left out."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from heaters.catalog.review import actions
from heaters.domain.states import GateState
from heaters.intake.executions import resume_gate
from tests.local_cloud.conftest import WaitFor
from tests.local_cloud.review_cloud import ReviewCloud, start_review_cloud
from tests.profile import scaled

CLIPS, BATCH, RELEASE_SIZE = scaled(1_000), scaled(200), scaled(25)
PATIENCE_S = 240


@pytest.fixture(scope="module")
def cloud(folder: Path) -> Iterator[ReviewCloud]:
    with start_review_cloud(folder, HEATERS_REMIND_AFTER_S="1") as kept:
        yield kept


@pytest.fixture
def open_video(cloud: ReviewCloud, wait_for: WaitFor) -> Any:
    """`open_video(clip_count=…)`: a video whose execution waits at its gate."""

    def start(**settings: Any) -> str:
        video_id = cloud.start_video(**settings)
        wait_for(lambda: cloud.is_waiting(video_id), "the gate to open", PATIENCE_S)
        return video_id

    return start


@pytest.fixture
def wait_for_end(cloud: ReviewCloud, wait_for: WaitFor) -> Any:
    """`wait_for_end(video_id, attempt)`: how that execution ended."""

    def wait(video_id: str, attempt: int = 1) -> str:
        wait_for(lambda: cloud.status(video_id, attempt) != "RUNNING", "the end", PATIENCE_S)
        return cloud.status(video_id, attempt)

    return wait


def test_the_last_decision_releases_the_gate(cloud: ReviewCloud, open_video: Any, wait_for_end: Any) -> None:
    """All decided: the execution goes through its last wave to the end."""
    video_id = open_video(clip_count=3)
    cloud.decide(video_id, "approve", limit=1)
    assert cloud.gates(video_id) == [("open", None)]
    cloud.decide(video_id, "skip")
    assert wait_for_end(video_id) == "SUCCEEDED"
    assert cloud.gates(video_id) == [("resumed", "all_decided")]


def test_enough_decisions_release_the_gate_and_it_opens_again(
    cloud: ReviewCloud, open_video: Any, wait_for: WaitFor
) -> None:
    """With some still pending, a wave goes ahead."""
    video_id = open_video(clip_count=3, release_size=2)
    cloud.decide(video_id, "approve", limit=2)
    wait_for(lambda: cloud.is_waiting(video_id), "the gate to open again", PATIENCE_S)
    assert cloud.gates(video_id) == [("resumed", "enough_decided"), ("open", None)]
    assert len(cloud.pending(video_id)) == 1


def test_of_two_who_ask_at_once_one_releases_the_gate(
    cloud: ReviewCloud, open_video: Any, wait_for: WaitFor
) -> None:
    """Released twice is released once: the execution goes on one time, and waits again."""
    video_id = open_video(clip_count=3)
    with ThreadPoolExecutor(2) as pool:
        together = threading.Barrier(2)
        asked = [pool.submit(_ask, cloud, video_id, together) for _ in range(2)]
    assert sorted(ask.result() for ask in asked) == [False, True]
    wait_for(lambda: cloud.is_waiting(video_id), "the gate to open again", PATIENCE_S)
    assert cloud.gates(video_id) == [("resumed", "asked"), ("open", None)]
    entered = [event for event in cloud.history(video_id) if event["type"] == "WaitStateEntered"]
    assert len(entered) == 1


def _ask(cloud: ReviewCloud, video_id: str, together: threading.Barrier) -> bool:
    together.wait(timeout=60)
    return bool(cloud.api.post(f"/videos/{video_id}/release")["released"])


def test_a_gate_released_while_its_execution_is_stopped_is_gone_and_a_retry_goes_on(
    cloud: ReviewCloud, open_video: Any, wait_for: WaitFor, wait_for_end: Any
) -> None:
    """The decision stays; the next attempt finds it."""
    video_id = open_video(clip_count=1)
    with cloud.catalog.transaction() as connection:
        gate = actions.ask_release(connection, video_id=video_id, reviewer="ann")
    assert gate is not None
    cloud.workflow.stop_execution(executionArn=cloud.arn(video_id))
    assert wait_for_end(video_id) == "ABORTED"
    assert resume_gate(cloud.workflow, cloud.catalog, gate) is GateState.GONE
    wait_for(lambda: _video(cloud, video_id)["error_name"], "the failure to be recorded", PATIENCE_S)
    assert _video(cloud, video_id)["error_name"] == "ExecutionStopped"
    cloud.decide(video_id, "approve")
    cloud.api.post(f"/videos/{video_id}/retry")
    assert wait_for_end(video_id, attempt=2) == "SUCCEEDED"
    assert cloud.gates(video_id) == [("gone", "asked"), ("resumed", "all_decided")]
    assert _states(cloud, video_id) == {"embedded": 1}


def test_an_execution_whose_token_is_lost_is_replaced_by_the_next_attempt(
    cloud: ReviewCloud, open_video: Any, wait_for_end: Any
) -> None:
    """Step Functions knows no such token: the gate is gone, and nobody is left to wait for ever."""
    video_id = open_video(clip_count=2)
    cloud.query("UPDATE review_gates SET token = 'lost' WHERE video_id = %s RETURNING 1", video_id)
    cloud.decide(video_id, "approve")
    assert cloud.gates(video_id) == [("gone", "all_decided")]
    assert cloud.status(video_id) == "RUNNING"
    cloud.sweep()
    assert _video(cloud, video_id)["attempt"] == 1, "it may be on its way"
    cloud.query(
        "UPDATE review_gates SET closed_at = closed_at - interval '2 hours' WHERE video_id = %s RETURNING 1",
        video_id,
    )
    assert cloud.sweep()["videos"] >= 1
    assert wait_for_end(video_id, attempt=2) == "SUCCEEDED"
    assert _states(cloud, video_id) == {"embedded": 2}


@pytest.mark.parametrize("mended_by", ["a reviewer who goes on", "the sweeper"])
def test_a_gate_is_resumed_when_the_api_is_killed_between_its_commit_and_step_functions(
    cloud: ReviewCloud, open_video: Any, wait_for_end: Any, mended_by: str
) -> None:
    """Decision and release are there; whoever looks next tells the execution."""
    video_id = open_video(clip_count=1)
    (item,) = cloud.pending(video_id)
    code = cloud.post_and_die("/actions", {"items": [item | {"action": "approve"}]})
    assert code == -9
    assert cloud.gates(video_id) == [("released", "all_decided")]
    assert cloud.status(video_id) == "RUNNING"
    cloud.query(
        "UPDATE review_gates SET released_at = released_at - interval '1 minute' WHERE video_id = %s RETURNING 1",
        video_id,
    )
    if mended_by == "the sweeper":
        assert cloud.sweep()["resumed"] >= 1
    else:
        cloud.api.post("/queue/next", {"count": 1})
    assert wait_for_end(video_id) == "SUCCEEDED"
    assert _states(cloud, video_id) == {"embedded": 1}


def test_a_gate_with_nothing_to_wait_for_is_resumed_at_once(
    cloud: ReviewCloud, open_video: Any, wait_for: WaitFor, wait_for_end: Any
) -> None:
    """Everything was decided while no execution waited: open_gate answers the token that it was just given."""
    video_id = open_video(clip_count=2)
    cloud.workflow.stop_execution(executionArn=cloud.arn(video_id))
    wait_for(lambda: _video(cloud, video_id)["error_name"], "the failure to be recorded", PATIENCE_S)
    cloud.decide(video_id, "skip")
    cloud.api.post(f"/videos/{video_id}/retry")
    assert wait_for_end(video_id, attempt=2) == "SUCCEEDED"
    assert cloud.gates(video_id) == [("gone", None), ("resumed", "all_decided")]


def test_a_forgotten_video_is_brought_to_mind_and_its_execution_waits_on(
    cloud: ReviewCloud, open_video: Any, wait_for: WaitFor
) -> None:
    """The period is a second here; an operator would be told which video, how many clips and since when."""
    video_id = open_video(clip_count=3)
    reminded = [("resumed", "reminder"), ("open", None)]
    wait_for(lambda: cloud.sweep() and len(cloud.gates(video_id)) > 1, "the period to be over", PATIENCE_S)
    assert cloud.gates(video_id)[:2] == reminded
    assert cloud.api.get(f"/videos/{video_id}")["reminded_at"] is not None
    sent = [event for event in cloud.history(video_id) if event["type"] == "TaskSucceeded"]
    assert any("FailedEntryCount" in str(event) for event in sent)


@pytest.mark.soak
def test_many_clips_go_through_several_waves_and_each_arrives_once(
    cloud: ReviewCloud, open_video: Any, wait_for: WaitFor, wait_for_end: Any
) -> None:
    """Every approved clip is exported and embedded once, none is lost, and the parent's history stays short.

    Two in five clips are approved: each takes four calls of functions, about 0.1 s of CPU.
    """
    video_id = open_video(clip_count=CLIPS, release_size=RELEASE_SIZE)
    for _ in range(CLIPS // BATCH):
        wait_for(lambda: cloud.is_waiting(video_id), "the gate to open", PATIENCE_S)
        cloud.decide(video_id, "approve", "skip", "approve", "skip", "archive", limit=BATCH)
    assert wait_for_end(video_id) == "SUCCEEDED"
    approved = 2 * CLIPS // 5
    assert _states(cloud, video_id) == {
        "embedded": approved,
        "review_skipped": approved,
        "archived": CLIPS // 5,
    }
    clips = cloud.query(
        "SELECT claim_count, wave_id FROM clips WHERE video_id = %s AND state = 'embedded'", video_id
    )
    assert {clip["claim_count"] for clip in clips} == {1}
    assert len({clip["wave_id"] for clip in clips}) == CLIPS // BATCH
    assert _vectors(cloud, video_id) == approved
    versions = _versions(cloud, f"exports/{video_id}/")
    assert (len(versions), set(versions.values())) == (approved, {1})
    assert len(cloud.history(video_id)) < 1_000


def _video(cloud: ReviewCloud, video_id: str) -> dict[str, Any]:
    (row,) = cloud.query("SELECT * FROM source_videos WHERE video_id = %s", video_id)
    return row


def _states(cloud: ReviewCloud, video_id: str) -> Counter[str]:
    """How many clips are in each state."""
    return Counter(
        row["state"] for row in cloud.query("SELECT state FROM clips WHERE video_id = %s", video_id)
    )


def _vectors(cloud: ReviewCloud, video_id: str) -> int:
    (row,) = cloud.query(
        "SELECT count(*) AS n FROM embeddings JOIN clips USING (clip_id) WHERE video_id = %s", video_id
    )
    return int(row["n"])


def _versions(cloud: ReviewCloud, prefix: str) -> Counter[str]:
    """How often each object was written."""
    pages = cloud.cloud.client("s3").get_paginator("list_object_versions")
    found = pages.paginate(Bucket=cloud.cloud.bucket, Prefix=prefix)
    return Counter(version["Key"] for page in found for version in page.get("Versions", []))
