"""The state machine as a graph: which states there are, where they lead, how long and how often they try."""

from typing import Any

import pytest

from heaters.domain.errors import ERRORS, PermanentError, RefusedError, transient_error_names
from heaters.domain.ids import execution_name
from tests.infra.workflow.definitions import all_states, ends, reachable, scopes, targets, tasks

MAIN = {
    "Begin video", "Needs download?", "Download source", "Explain download failure", "Record download",
    "Prepare, review and archive", "Complete",
}  # fmt: skip
REVIEW = {
    "Where to go on?", "Make proxy", "Explain proxy failure", "Record proxy", "Detect scenes",
    "Explain detect scenes failure", "Create clips", "Review gate", "Why released?", "Remind reviewers",
    "Undo window", "Collect wave", "Anything to process?", "Process clips", "Begin embedding", "Embed where?",
    "Embed clips", "Embed clips on GPU", "Record embeddings", "Record embedding failure", "Archive clips",
    "More to review?", "Review finished",
}  # fmt: skip
MASTER = {
    "Begin master", "Master wanted?", "Archive master", "Record master", "Record master failure", "Master kept",
}  # fmt: skip
CLIP = {
    "Export where?", "Export", "Export on Batch", "Record export", "Keyframes", "Record keyframes",
    "Record clip failure",
}  # fmt: skip

Definition = dict[str, Any]


def test_the_states_are_those_that_an_operator_knows(definition: Definition) -> None:
    """Main line, review branch, master branch and the children of the Distributed Map, and no other state."""
    main, review, clip, master = scopes(definition)
    assert [set(scope["States"]) for scope in (main, review, clip, master)] == [MAIN, REVIEW, CLIP, MASTER]


def test_every_target_exists_in_its_own_scope(definition: Definition) -> None:
    """No transition leads to a state that is missing or inside another branch."""
    for scope in scopes(definition):
        assert scope["StartAt"] in scope["States"]
        for name, state in scope["States"].items():
            assert set(targets(state)) <= set(scope["States"]), name


def test_every_state_can_be_reached(definition: Definition) -> None:
    """No state is left over."""
    for scope in scopes(definition):
        assert reachable(scope) == set(scope["States"])


def test_from_every_state_an_end_can_be_reached(definition: Definition) -> None:
    """Every branch ends; no loop lacks a way out."""
    for scope in scopes(definition):
        for name in scope["States"]:
            followed = reachable(scope | {"StartAt": name})
            assert any(ends(scope["States"][after]) for after in followed), name


def test_every_state_goes_on_or_ends(definition: Definition) -> None:
    """A state has transitions, or is an end, and never both by mistake."""
    for name, state in all_states(definition).items():
        goes_on = "Next" in state or state["Type"] == "Choice"
        assert goes_on != ends(state), name


def test_names_fit_into_the_console(definition: Definition) -> None:
    """Step Functions takes state names of at most 80 characters."""
    assert max(len(name) for name in all_states(definition)) <= 80


def test_every_task_has_a_time_limit(definition: Definition) -> None:
    """Nothing waits for ever, and nothing longer than an execution may last."""
    for name, state in tasks(definition).items():
        assert 0 < state["TimeoutSeconds"] < definition["TimeoutSeconds"], name


def test_every_task_retries_with_full_jitter_and_a_longest_delay(definition: Definition) -> None:
    """A burst of failures does not come back as a burst of retries."""
    for name, state in tasks(definition).items():
        for retrier in state["Retry"]:
            assert retrier["JitterStrategy"] == "FULL", name
            assert retrier["BackoffRate"] > 1, name
            assert 0 < retrier["IntervalSeconds"] <= retrier["MaxDelaySeconds"] <= 300, name


def test_no_task_retries_an_error_that_is_permanent(definition: Definition) -> None:
    """Neither by name nor by a wildcard that would match it."""
    hopeless = {name for name, cls in ERRORS.items() if issubclass(cls, PermanentError | RefusedError)}
    hopeless |= {"States.ALL", "States.TaskFailed", "Exception"}
    for name, state in tasks(definition).items():
        retried = {error for retrier in state["Retry"] for error in retrier["ErrorEquals"]}
        assert retried.isdisjoint(hopeless), name


def test_lambda_tasks_retry_every_transient_error(definition: Definition) -> None:
    """All but the states that raise a stage's error on purpose, which would swallow it."""
    for name, state in tasks(definition).items():
        if "lambda:invoke" in state["Resource"] and not name.startswith("Explain "):
            assert set(transient_error_names()) <= set(state["Retry"][0]["ErrorEquals"]), name


@pytest.mark.parametrize("stage", ["download", "proxy", "detect scenes"])
def test_a_failed_stage_of_the_video_fails_the_execution_where_redrive_starts_again(
    definition: Definition, stage: str
) -> None:
    """Its error is explained by a task without a catcher, and that task leads back to the stage."""
    states = all_states(definition)
    explain = states[f"Explain {stage} failure"]
    runner = states[explain["Next"]]
    assert "Catch" not in explain
    assert runner["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": f"Explain {stage} failure"}
    ]
    assert {"WorkerLost", "StageTimeout", "StorageUnavailable"}.isdisjoint(explain["Retry"][0]["ErrorEquals"])


def test_the_master_branch_cannot_fail(definition: Definition) -> None:
    """Each of its tasks catches everything inside the branch."""
    *_, master = scopes(definition)
    for name, state in master["States"].items():
        if state["Type"] == "Task":
            assert state["Catch"][0]["ErrorEquals"] == ["States.ALL"], name


def test_a_clip_that_fails_is_recorded_and_blocks_no_other(definition: Definition) -> None:
    """Its child execution succeeds all the same, and the map tolerates children that do not."""
    states = all_states(definition)
    for name in CLIP - {"Export where?", "Record clip failure"}:
        assert states[name]["Catch"][0]["Next"] == "Record clip failure"
    assert states["Process clips"]["ToleratedFailurePercentage"] == 100


def test_the_execution_input_stays_whole(definition: Definition) -> None:
    """No state may replace `$`: each result goes to a path of its own, or nowhere."""
    for name, state in all_states(definition).items():
        if state["Type"] in ("Task", "Map", "Parallel"):
            assert state["ResultPath"] is None or state["ResultPath"].startswith("$."), name
            assert state.get("OutputPath", "$") == "$" or name in (
                "Record keyframes",
                "Record clip failure",
            ), name


def test_what_the_clips_of_a_wave_answer_fits_into_a_payload(definition: Definition) -> None:
    """A map collects its children's answers before it drops them; ten thousand must stay under 256 KiB."""
    ending = [state for name, state in all_states(definition).items() if name in CLIP and ends(state)]
    assert len(ending) == 2
    assert all(state["OutputPath"] is None for state in ending)


def test_an_execution_name_fits() -> None:
    """Step Functions takes 80 characters; a video may be tried for as long as anybody likes."""
    assert len(execution_name("00000000-0000-0000-0000-000000000000", 10**9)) <= 80


def test_fifteen_waves_of_any_size_leave_fewer_than_a_thousand_events(definition: Definition) -> None:
    """A wave adds the same few events to the parent's history, however many clips it has."""
    per_type = {"Task": 6, "Map": 5, "Choice": 2, "Wait": 2}
    states = all_states(definition)
    wave = [
        "Review gate", "Why released?", "Undo window", "Collect wave", "Anything to process?",
        "Process clips", "Begin embedding", "Embed where?", "Embed clips on GPU", "Record embeddings",
        "Archive clips", "More to review?",
    ]  # fmt: skip
    per_wave = sum(per_type[states[name]["Type"]] for name in wave)
    around = 6 * len(tasks(definition)) + 20
    assert around + 15 * per_wave < 1000
    assert around + 480 * per_wave < 25_000
