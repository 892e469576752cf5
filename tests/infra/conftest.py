"""The synthesized app, made once for all tests, and the state machine as data."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.app import build_app
from infra.workflow.video import video_workflow
from tests.infra.templates import Template


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
def both(storage: Template, pipeline: Template) -> tuple[Template, Template]:
    return storage, pipeline


@pytest.fixture(scope="session")
def definition() -> dict[str, Any]:
    """The workflow after a trip through JSON, as Step Functions gets it."""
    return json.loads(json.dumps(video_workflow()))
