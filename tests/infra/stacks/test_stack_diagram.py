"""The picture of what is deployed is made of the templates and of STAGES."""

from pathlib import Path

import pytest

from heaters.domain.pipeline import STAGES
from infra.stacks.stack_diagram import render_stacks


@pytest.fixture(scope="module")
def picture(assembly: Path) -> list[str]:
    return render_stacks(assembly).splitlines()


def test_every_stack_is_a_box_on_those_that_it_is_built_upon(picture: list[str]) -> None:
    stacks = {line.split()[1] for line in picture if line.startswith("subgraph ")}
    assert stacks == {"HeatersStorage", "HeatersPipeline", "HeatersReview", "HeatersOperations"}
    assert {"HeatersPipeline --> HeatersStorage", "HeatersReview --> HeatersPipeline"} <= set(picture)
    assert not any(line.startswith("HeatersStorage -->") for line in picture)


def test_every_stage_stands_where_it_runs(picture: list[str]) -> None:
    (runners,) = (line for line in picture if "<b>Runners</b>" in line)
    (batch,) = (line for line in picture if "<b>Batch</b>" in line)
    for stage in STAGES:
        assert (f"<br>{stage.title}" in runners, f"<br>{stage.title}" in batch) == (
            any(place.runner == "lambda" for place in stage.places),
            any(place.runner != "lambda" for place in stage.places),
        ), stage.name


def test_a_construct_names_its_services(picture: list[str]) -> None:
    assert 'HeatersStorage_Database["<b>Database</b><br>Aurora PostgreSQL"]' in picture
