"""The definition at work in the local interpreter: which way it goes and what it passes on."""

import json
from typing import Any

from tests.infra.workflow.definitions import all_states
from tests.infra.workflow.interpreter import INPUT, VIDEO, Interpreter, Program, Script

Definition = dict[str, Any]
Programs = dict[str, Program]


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


def test_a_very_large_clip_is_exported_on_batch(
    interpreter: Interpreter, definition: Definition, programs: Programs, put_manifest: Any
) -> None:
    """The manifest says which; the others of its wave stay on Lambda, and all go on to their keyframes."""
    programs["CollectWaveFunction"] = lambda _: {
        "wave_id": "wave-1",
        "manifest_key": put_manifest("wave-1", 3, bulk_from=2),
        "count": 3,
    }
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    assert script.payloads("ExportJobDefinition") == [{"clip": 2}]
    assert sorted(payload["clip"] for payload in script.payloads("ExportRunner")) == [0, 1]
    assert script.called().count("KeyframesRunner") == 3


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


def test_a_reminder_is_sent_and_the_gate_opens_again(
    interpreter: Interpreter, definition: Definition, programs: Programs, announced: list[dict[str, Any]]
) -> None:
    """With a token of its own; no wave is collected in between."""
    reminder = {
        "video_id": VIDEO,
        "title": "raw.mp4",
        "clip_count": 3,
        "waiting_since": "2026-01-01T00:00:00Z",
    }
    answers: list[dict[str, Any]] = [{"reason": "reminder", "reminder": reminder}, {"reason": "asked"}]
    programs["OpenGateFunction"] = lambda payload: interpreter.resume(payload["token"], answers.pop(0))
    script = Script(programs=programs)
    ended = interpreter.run(definition, script, INPUT)
    assert ended["status"] == "SUCCEEDED", ended
    first, second = script.payloads("OpenGateFunction")
    assert first["token"] != second["token"]
    assert script.called().count("CollectWaveFunction") == 1
    (entry,) = announced
    assert (entry["Source"], entry["DetailType"]) == ("heaters.review", "Review reminder")
    assert json.loads(entry["Detail"]) == reminder


def test_a_reminder_that_cannot_be_sent_keeps_nobody_from_reviewing(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """The gate opens again all the same."""
    answers: list[dict[str, Any]] = [{"reason": "reminder", "reminder": "not an event"}, {"reason": "asked"}]
    programs["OpenGateFunction"] = lambda payload: interpreter.resume(payload["token"], answers.pop(0))
    definition = json.loads(json.dumps(definition))
    _without_retries(definition, "Remind reviewers")
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    assert script.called().count("OpenGateFunction") == 2


def test_an_execution_that_hands_its_gate_over_ends_without_a_wave(
    interpreter: Interpreter, definition: Definition, programs: Programs
) -> None:
    """What is left is for the next attempt."""
    programs["OpenGateFunction"] = lambda payload: interpreter.resume(
        payload["token"], {"reason": "handed_over"}
    )
    script = Script(programs=programs)
    assert interpreter.run(definition, script, INPUT)["status"] == "SUCCEEDED"
    assert "CollectWaveFunction" not in script.called()
    assert script.payloads("CompleteVideoFunction") == [{"video_id": VIDEO, "attempt": 1}]


def _without_retries(definition: Definition, name: str) -> None:
    del all_states(definition)[name]["Retry"]
