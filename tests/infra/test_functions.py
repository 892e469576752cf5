"""Every Lambda and Batch command names a program that exists, and gets the environment that it reads."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heaters.domain.pipeline import STAGES
from heaters.domain.settings import Reader, names_given_to
from heaters.domain.stage import Runner
from infra.pipeline import query_embedding
from infra.pipeline.batch import batch_places
from infra.pipeline.container_images import REPOSITORY
from infra.workflow.light_functions import FUNCTIONS, DatabaseUser, StateFunction
from tests.infra.templates import Template

DATABASE = {"HEATERS_DB_HOST", "HEATERS_DB_PORT", "HEATERS_DB_NAME", "HEATERS_DB_USER"}
SETTINGS = {"HEATERS_BUCKET", *names_given_to(Reader.FUNCTIONS)}
RUNNERS = [
    *(f"{stage.module}.handler" for stage in STAGES if stage.place.runner is Runner.LAMBDA),
    query_embedding.HANDLER,
]
COMMANDS = [stage.module for stage in STAGES if batch_places(stage)]


def _name(function: StateFunction) -> str:
    return function.name


def test_there_is_a_lambda_for_each_function_and_each_lambda_stage(pipeline: Template) -> None:
    """And one that embeds queries; nothing else."""
    assert set(pipeline.lambdas()) == {function.handler for function in FUNCTIONS} | set(RUNNERS)


@pytest.mark.parametrize("handler", [*(function.handler for function in FUNCTIONS), *RUNNERS])
def test_a_handler_path_names_a_function(handler: str) -> None:
    """`module.handler` can be imported and called."""
    module, _, name = handler.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("module", COMMANDS)
def test_a_batch_command_names_a_program(module: str) -> None:
    """`python -m module` finds a module with `main()` and calls it when run."""
    source = REPOSITORY.joinpath(*module.split(".")).with_suffix(".py").read_text()
    assert callable(importlib.import_module(module).main)
    assert "__main__" in source


def test_every_module_with_a_handler_is_deployed() -> None:
    """A file in functions/ that defines `handler` has its line in FUNCTIONS."""
    assert {path.stem for path in _modules_with_handler(REPOSITORY / "functions")} == {
        function.name for function in FUNCTIONS
    }


def test_the_shells_start_the_same_way_in_every_lambda(pipeline: Template) -> None:
    """The image's own runtime client serves the handler."""
    for function in pipeline.lambdas().values():
        assert function["ImageConfig"]["EntryPoint"] == ["python", "-m", "awslambdaric"]


@pytest.mark.parametrize("function", FUNCTIONS, ids=_name)
def test_a_light_function_gets_the_environment_that_it_reads(
    function: StateFunction, pipeline: Template
) -> None:
    """The state machine's name only for those that start executions."""
    variables = pipeline.lambdas()[function.handler]["Environment"]["Variables"]
    machine = {"HEATERS_STATE_MACHINE_ARN"} if function.starts_executions else set()
    assert {name for name in variables if name.startswith("HEATERS_")} == DATABASE | SETTINGS | machine
    assert variables["HEATERS_DB_USER"] == function.database_user


@pytest.mark.parametrize("function", FUNCTIONS, ids=_name)
def test_a_light_function_sits_beside_the_database(function: StateFunction, pipeline: Template) -> None:
    """In two isolated subnets, with its memory and its time."""
    made = pipeline.lambdas()[function.handler]
    subnets = [str(subnet) for subnet in made["VpcConfig"]["SubnetIds"]]
    assert len(subnets) == 2
    assert all("databaseSubnet" in subnet for subnet in subnets)
    assert (made["MemorySize"], made["Timeout"]) == (function.memory_mib, function.timeout_s)


def test_every_function_writes_to_a_log_that_is_cleared_and_is_traced(pipeline: Template) -> None:
    """No log group is kept for ever."""
    groups = pipeline.of_type("AWS::Logs::LogGroup")
    assert all(group["RetentionInDays"] <= 90 for group in groups.values())
    for function in pipeline.lambdas().values():
        assert function["LoggingConfig"]["LogGroup"]["Ref"] in groups
        assert function["TracingConfig"] == {"Mode": "Active"}


def test_only_migrations_sign_in_as_the_schemas_owner() -> None:
    """Every other function reads and writes rows and no more."""
    assert [f.name for f in FUNCTIONS if f.database_user is DatabaseUser.ADMIN] == ["migrate"]


def _modules_with_handler(folder: Path) -> Iterator[Path]:
    for path in folder.glob("*.py"):
        nodes: list[Any] = ast.parse(path.read_text()).body
        if any(isinstance(node, ast.FunctionDef) and node.name == "handler" for node in nodes):
            yield path
