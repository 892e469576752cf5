"""The synthesized app, made once for all tests, and the state machine as data."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.app import build_app
from infra.workflow.video import video_workflow
from tests.infra.templates import Template
from tests.infra.workflow.interpreter import BUCKET, VIDEO, Interpreter, Program


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly; synthesis itself fails on an unexplained cdk-nag finding."""
    folder = tmp_path_factory.mktemp("assembly")
    build_app(folder).synth()
    return folder


@pytest.fixture(scope="session")
def storage(assembly: Path) -> Template:
    return Template.read(assembly / "HeatersStorage.template.json")


@pytest.fixture(scope="session")
def pipeline(assembly: Path) -> Template:
    return Template.read(assembly / "HeatersPipeline.template.json")


@pytest.fixture(scope="session")
def review(assembly: Path) -> Template:
    return Template.read(assembly / "HeatersReview.template.json")


@pytest.fixture(scope="session")
def both(storage: Template, pipeline: Template) -> tuple[Template, Template]:
    return storage, pipeline


@pytest.fixture(scope="session")
def definition() -> dict[str, Any]:
    """The workflow after a trip through JSON, as Step Functions gets it."""
    return json.loads(json.dumps(video_workflow()))


@pytest.fixture(scope="session")
def interpreter() -> Iterator[Interpreter]:
    made = Interpreter()
    yield made
    made.close()


@pytest.fixture
def announced(interpreter: Interpreter) -> list[dict[str, Any]]:
    """The events that the definition puts on a bus from now on."""
    interpreter.announced = []
    return interpreter.announced


@pytest.fixture
def put_manifest(interpreter: Interpreter) -> Callable[..., str]:
    """`put_manifest(wave_id, count, bulk_from)`: a wave's manifest in the bucket; its key. Clips from the number
    `bulk_from` up are very large.
    """
    client = interpreter.client("s3")
    client.create_bucket(Bucket=BUCKET)

    def put(wave_id: str, count: int, bulk_from: int = 10**9) -> str:
        key = f"waves/{VIDEO}/{wave_id}.json"
        items = [
            {"video_id": VIDEO, "clip_id": f"clip-{n}", "job": {"clip": n}, "bulk": n >= bulk_from}
            for n in range(count)
        ]
        client.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(items).encode())
        return key

    return put


@pytest.fixture
def programs(interpreter: Interpreter, put_manifest: Callable[..., str]) -> dict[str, Program]:
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
    jobs = [f"{stage}JobDefinition" for stage in ("Download", "Proxy", "Master", "Export", "Embed")]
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
