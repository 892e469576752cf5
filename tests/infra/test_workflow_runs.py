"""The definition at work in the local interpreter: which way it goes, what it passes on, what it does with errors."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from heaters.domain.errors import (
    DamagedMedia,
    ExportMismatch,
    HeatersError,
    StorageUnavailable,
    UnsupportedMedia,
    WorkerLost,
)
from tests.infra.interpreter import BUCKET, Interpreter, Program, Script

VIDEO = "5f0c8f4e-52a1-5c8e-9c0b-6d1f2b7a9e10"
INPUT = {"video_id": VIDEO, "attempt": 1, "undo_window_s": 0, "release_size": 25}

Definition = dict[str, Any]
Programs = dict[str, Program]


@pytest.fixture(scope="module")
def interpreter() -> Iterator[Interpreter]:
    made = Interpreter()
    yield made
    made.close()


@pytest.fixture
def put_manifest(interpreter: Interpreter) -> Callable[[str, int], str]:
    """`put_manifest(wave_id, count)`: a wave's manifest in the bucket; its key."""
    client = interpreter.client("s3")
    client.create_bucket(Bucket=BUCKET)

    def put(wave_id: str, count: int) -> str:
        key = f"waves/{VIDEO}/{wave_id}.json"
        items = [{"video_id": VIDEO, "clip_id": f"clip-{n}", "job": {"clip": n}} for n in range(count)]
        client.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(items).encode())
        return key

    return put


@pytest.fixture
def programs(interpreter: Interpreter, put_manifest: Callable[[str, int], str]) -> Programs:
    """An upload with two clips in one wave, on which everything goes well; a test replaces what it is about."""

    def step(next_stage: str) -> Program:
        return lambda payload: {
            "next": next_stage,
            "job": {"stage": next_stage, "for": payload.get("clip_id")},
        }

    def complete_stage(payload: dict[str, Any]) -> Any:
        after = {"download": "proxy", "proxy": "detect_scenes", "export": "keyframes"}
        return {"next": after.get(payload["stage"], "done"), "job": {"after": payload["stage"]}}

    def open_gate(payload: dict[str, Any]) -> Any:
        interpreter.resume(payload["token"])
        return {"gate_id": "gate"}

    def collect_wave(_payload: dict[str, Any]) -> Any:
        return {"wave_id": "wave-1", "manifest_key": put_manifest("wave-1", 2), "count": 2}

    runners = ["DetectScenesRunner", "ExportRunner", "KeyframesRunner", "EmbedRunner"]
    jobs = [f"{stage}JobDefinition" for stage in ("Download", "Proxy", "Master", "Embed")]
    return {
        "BeginVideoFunction": step("proxy"),
        "BeginStageFunction": step("master"),
        "CompleteStageFunction": complete_stage,
        "FailStageFunction": step("done"),
        "CreateClipsFunction": step("review"),
        "OpenGateFunction": open_gate,
        "CollectWaveFunction": collect_wave,
        "BeginEmbeddingFunction": lambda _: {"next": "embed", "job": {"wave": 1}, "count": 2, "bulk": False},
        "ArchiveClipsFunction": lambda _: {"archived": 0, "more_to_review": False},
        "CompleteVideoFunction": step("done"),
        **{name: lambda _: {"result_key": "results/key.json"} for name in runners},
        **{name: lambda _: None for name in jobs},
    }


def fail_with(error: HeatersError) -> Program:
    def fail(_payload: dict[str, Any]) -> Any:
        raise error

    return fail


def fail_once_with(error: HeatersError) -> Program:
    left = [error]

    def fail(_payload: dict[str, Any]) -> Any:
        if left:
            raise left.pop()
        return {"result_key": "results/key.json"}

    return fail


def test_an_upload_goes_from_proxy_to_embeddings(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """Without a download; each clip once; the master beside it."""
    script = Script(programs=programs)
    ended = interpreter.run(definition, script, INPUT)
    assert ended["status"] == "SUCCEEDED", ended
    called = script.called()
    assert "DownloadJobDefinition" not in called
    once = [
        "ProxyJobDefinition",
        "DetectScenesRunner",
        "OpenGateFunction",
        "EmbedRunner",
        "MasterJobDefinition",
    ]
    assert [called.count(name) for name in once] == [1] * len(once)
    assert sorted(payload["clip"] for payload in script.payloads("ExportRunner")) == [0, 1]
    assert called.count("KeyframesRunner") == 2
    assert called[-1] == "CompleteVideoFunction"
    assert "EmbedJobDefinition" not in called


def test_what_the_functions_are_given(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """Ids and settings, by the names that the handlers read."""
    script = Script(programs=programs)
    interpreter.run(definition, script, INPUT)
    (begun,) = script.payloads("BeginVideoFunction")
    assert begun.pop("execution_arn").startswith("arn:aws:states:us-east-1:")
    assert begun == {"video_id": VIDEO, "attempt": 1}
    (gate,) = script.payloads("OpenGateFunction")
    assert set(gate) == {"video_id", "attempt", "token", "release_size"}
    assert script.payloads("CollectWaveFunction") == [{"video_id": VIDEO, "undo_window_s": 0}]
    assert script.payloads("BeginEmbeddingFunction") == [{"video_id": VIDEO, "wave_id": "wave-1"}]
    completed = script.payloads("CompleteStageFunction")
    assert {"stage": "proxy", "video_id": VIDEO, "attempt": 1} in completed
    assert {"stage": "export", "video_id": VIDEO, "clip_id": "clip-1"} in completed
    assert {"stage": "embed", "video_id": VIDEO, "wave_id": "wave-1"} in completed
    assert script.payloads("ProxyJobDefinition") == [{"stage": "proxy", "for": None}]


def test_a_url_is_downloaded_first(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """Then it goes the way of an upload."""
    programs["BeginVideoFunction"] = lambda _: {"next": "download", "job": {"url": "https://example.org/a"}}
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    assert script.called()[:3] == ["BeginVideoFunction", "DownloadJobDefinition", "CompleteStageFunction"]
    assert "ProxyJobDefinition" in script.called()


def test_a_later_attempt_goes_on_at_the_gate(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """What is done already is not done again."""
    programs["BeginVideoFunction"] = lambda _: {"next": "review", "job": {}}
    programs["BeginStageFunction"] = lambda _: {"next": "skip", "job": {}}
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    skipped = {"ProxyJobDefinition", "DetectScenesRunner", "CreateClipsFunction", "MasterJobDefinition"}
    assert skipped.isdisjoint(script.called())


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


def test_a_large_wave_is_embedded_on_a_gpu(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """begin_embedding says so."""
    programs["BeginEmbeddingFunction"] = lambda _: {
        "next": "embed",
        "job": {"w": 1},
        "count": 64,
        "bulk": True,
    }
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    assert script.payloads("EmbedJobDefinition") == [{"w": 1}]
    assert "EmbedRunner" not in script.called()


def test_an_embedding_that_fails_is_recorded_on_its_wave(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """The video goes on to the next wave or to its end."""
    programs["EmbedRunner"] = fail_with(UnsupportedMedia("not a JPEG"))
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    (recorded,) = script.payloads("FailStageFunction")
    assert (recorded["stage"], recorded["wave_id"]) == ("embed", "wave-1")


def test_the_gate_opens_again_until_nothing_is_left(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """A round without anything to process goes straight to archiving."""
    more = [True, True, False]
    counts = [2, 0, 0]
    collect = programs["CollectWaveFunction"]
    programs["CollectWaveFunction"] = lambda payload: collect(payload) | {"count": counts.pop(0)}
    programs["ArchiveClipsFunction"] = lambda _: {"archived": 0, "more_to_review": more.pop(0)}
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    assert script.called().count("OpenGateFunction") == 3
    assert script.called().count("ExportRunner") == 2
    assert script.called().count("BeginEmbeddingFunction") == 1
