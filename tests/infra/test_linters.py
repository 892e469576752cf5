"""The definition that was synthesized is valid by two independent readings of the language, and complete."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from infra.workflow.lint_definitions import find_definitions, find_problems
from tests.infra.templates import Template


def test_the_linter_finds_nothing_wrong(assembly: Path) -> None:
    """Two state machines, no problem."""
    found = dict(find_definitions(assembly))
    assert len(found) == 2
    assert [problem for definition in found.values() for problem in find_problems(definition)] == []


def test_the_synthesized_definition_is_the_workflow(assembly: Path, definition: dict[str, Any]) -> None:
    """CDK adds nothing and loses nothing."""
    assert definition in dict(find_definitions(assembly)).values()


def test_the_local_interpreter_understands_it(definition: dict[str, Any]) -> None:
    """The grammar by which the local cloud runs it, which is the service's own as far as it goes."""
    AmazonStateLanguageParser.parse(json.dumps(definition))


@pytest.mark.parametrize(
    ("key", "value"),
    [("Next", "Nowhere"), ("TimeoutSeconds", "soon"), ("ResultPath", "step"), ("Resource", None)],
)
def test_the_linter_finds_what_is_wrong(definition: dict[str, Any], key: str, value: Any) -> None:
    """A state that leads nowhere, or a field of the wrong kind, does not pass."""
    broken = copy.deepcopy(definition)
    broken["States"]["Begin video"][key] = value
    assert find_problems(broken)


def test_every_placeholder_is_filled_in_and_used(pipeline: Template) -> None:
    """No `${...}` is left for AWS to refuse, and nothing is passed in for nothing."""
    machine = pipeline.only("AWS::StepFunctions::StateMachine", "Video")
    used = set(re.findall(r"\$\{(\w+)\}", machine["DefinitionString"]))
    assert used == set(machine["DefinitionSubstitutions"])


def test_failures_are_logged_and_executions_are_traced(pipeline: Template) -> None:
    """Standard executions, which last as long as a review does."""
    machine = pipeline.only("AWS::StepFunctions::StateMachine", "Video")
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["LoggingConfiguration"]["Level"] == "ERROR"
    assert machine["TracingConfiguration"] == {"Enabled": True}
