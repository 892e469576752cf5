"""What an installation chooses reaches those whom the table names, and the documentation says the same."""

from pathlib import Path

import pytest

from heaters.domain.errors import InvalidSetting
from heaters.domain.settings import SETTINGS, Reader, names_given_to
from infra.app import TEMPLATES_ONLY, build_app
from infra.pipeline.container_images import REPOSITORY
from infra.workflow.light_functions import FUNCTIONS
from local_cloud.machine.settings import read_settings as read_local_settings
from tests.infra.templates import Template

DEFAULTS = {setting.name: setting.default_text for setting in SETTINGS}


def test_the_readme_has_no_second_table() -> None:
    """It leads to the one that is kept current."""
    assert "| `HEATERS_" not in (REPOSITORY / "README.md").read_text()


def test_functions_and_api_are_given_the_defaults(pipeline: Template, review: Template) -> None:
    """Those that the table names, and no other setting."""
    lambdas = pipeline.lambdas()
    given = {Reader.FUNCTIONS: [lambdas[function.handler] for function in FUNCTIONS]}
    given[Reader.API] = [review.only("AWS::Serverless::Function")]
    for reader, functions in given.items():
        expected = {name: DEFAULTS[name] for name in names_given_to(reader)}
        for function in functions:
            variables = function["Environment"]["Variables"]
            assert {name: value for name, value in variables.items() if name in DEFAULTS} == expected


def test_an_execution_is_told_what_the_table_says() -> None:
    """Under the setting's name without HEATERS_, as its input documents."""
    documented = {"undo_window_s", "release_size"}
    assert {n.removeprefix("HEATERS_").lower() for n in names_given_to(Reader.EXECUTION)} == documented


def test_nonsense_stops_the_deployment(tmp_path: Path) -> None:
    """Where somebody can put it right."""
    with pytest.raises(InvalidSetting, match="HEATERS_RELEASE_SIZE is 'many'"):
        build_app(tmp_path, {**TEMPLATES_ONLY, "HEATERS_RELEASE_SIZE": "many"})


def test_on_one_machine_each_of_them_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever functions or API are given is laid over the template when it is set."""
    names = names_given_to(Reader.FUNCTIONS, Reader.API)
    for name in names:
        monkeypatch.setenv(name, "1")
    assert dict.fromkeys(names, "1").items() <= dict(read_local_settings().overrides).items()
