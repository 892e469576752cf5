"""The definition at work in the local interpreter: what it does with errors."""

from typing import Any

from heaters.domain.errors import (
    DamagedMedia,
    ExportMismatch,
    StorageUnavailable,
    UnsupportedMedia,
    WorkerLost,
)
from tests.infra.workflow.interpreter import INPUT, Interpreter, Program, Script, fail_once_with, fail_with

Definition = dict[str, Any]
Programs = dict[str, Program]


def test_a_stage_that_fails_for_good_fails_the_execution_in_its_own_words(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """The execution's error is the typed one, its cause the sentence for people; nothing is tried again."""
    programs["ProxyJobDefinition"] = fail_with(UnsupportedMedia("never shown"))
    programs["FailStageFunction"] = fail_with(UnsupportedMedia("clip.mp4 is a text file; upload a video."))
    script = Script(programs=programs)
    ended = interpreter.run(definition, script, INPUT)
    assert (ended["status"], ended["error"]) == ("FAILED", "UnsupportedMedia")
    assert "clip.mp4 is a text file" in ended["cause"]
    assert script.called().count("ProxyJobDefinition") == 1
    (explained,) = script.payloads("FailStageFunction")
    assert explained["stage"] == "proxy"
    assert set(explained["error"]) == {"Error", "Cause"}


def test_a_lost_worker_fails_the_execution_and_is_not_explained_twice(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """A transient error that was raised to be seen is not retried: that would begin the stage anew, for ever."""
    programs["ProxyJobDefinition"] = fail_with(WorkerLost("gone"))
    programs["FailStageFunction"] = fail_with(WorkerLost("The worker was lost; redrive the execution."))
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["error"] == "WorkerLost"
    assert script.called().count("FailStageFunction") == 1


def test_explaining_again_runs_the_stage_again(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """What Redrive does: it comes back to the explanation, which begins the stage instead of raising."""
    programs["DetectScenesRunner"] = fail_once_with(DamagedMedia("scores are cut off"))
    programs["FailStageFunction"] = lambda payload: {"next": payload["stage"], "job": {"again": True}}
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    assert script.payloads("DetectScenesRunner")[-1] == {"again": True}


def test_a_transient_error_is_tried_again(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """Nobody else notices."""
    programs["DetectScenesRunner"] = fail_once_with(StorageUnavailable("503"))
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    assert script.called().count("DetectScenesRunner") == 2
    assert "FailStageFunction" not in script.called()


def test_a_master_that_fails_is_recorded_and_the_review_goes_on(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """The execution succeeds."""
    programs["MasterJobDefinition"] = fail_with(UnsupportedMedia("no such codec"))
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    (recorded,) = script.payloads("FailStageFunction")
    assert recorded["stage"] == "master"


def test_not_even_a_catalog_that_refuses_the_masters_failure_ends_the_review(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """The sweeper finds the master later."""
    programs["BeginStageFunction"] = fail_with(UnsupportedMedia("broken"))
    programs["FailStageFunction"] = fail_with(UnsupportedMedia("broken as well"))
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"


def test_a_clip_that_fails_blocks_no_other(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """It is recorded with its error, and the rest of the wave is embedded."""

    def export(job: dict[str, Any]) -> Any:
        if job["clip"] == 0:
            raise ExportMismatch("Frame 3 differs.")
        return {"result_key": "results/key.json"}

    programs["ExportRunner"] = export
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    (recorded,) = script.payloads("FailStageFunction")
    assert (recorded["clip_id"], recorded["error"]["Error"]) == ("clip-0", "ExportMismatch")
    assert script.called().count("KeyframesRunner") == 1
    assert "EmbedRunner" in script.called()


def test_an_embedding_that_fails_is_recorded_on_its_wave(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """The video goes on to the next wave or to its end."""
    programs["EmbedRunner"] = fail_with(UnsupportedMedia("not a JPEG"))
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    (recorded,) = script.payloads("FailStageFunction")
    assert (recorded["stage"], recorded["wave_id"]) == ("embed", "wave-1")
