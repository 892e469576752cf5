"""The documentation names only what is there: pages, files, functions, programs and targets of the Makefile."""

import re
from pathlib import Path

import pytest

from tests.unit.named_in_docs import (
    PAGES,
    ROOT,
    anchors_of,
    links_of,
    modules_of,
    names_in,
    paths_of,
    targets_of,
)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        target, _, anchor = link.partition("#")
        found = (page.parent / target) if target else page
        assert found.exists(), link
        assert not anchor or anchor in anchors_of(found), link


@each_page
def test_every_path_and_every_name_in_a_module_exists(page: Path) -> None:
    missing = []
    for path, name in paths_of(page):
        found = sorted(ROOT.glob(path))
        if not found or (name and name not in names_in(found[0])):
            missing.append(f"{path}:{name}".rstrip(":"))
    assert missing == []


@each_page
def test_every_program_can_be_found(page: Path) -> None:
    for module in modules_of(page):
        file = ROOT.joinpath(*module.split("."))
        assert file.with_suffix(".py").exists() or (file / "__main__.py").exists(), module


@each_page
def test_every_command_is_a_target_of_the_makefile(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets_of(page) <= targets


def test_the_pages_name_enough_for_this_to_mean_something() -> None:
    """A pattern that finds nothing would be content with everything."""
    architecture = ROOT / "docs" / "architecture.md"
    named = list(paths_of(architecture))
    assert len(named) > 100
    assert sum(bool(name) for _, name in named) > 20
    assert {"generate", "check"} <= targets_of(architecture)
    assert "infra.app" in modules_of(ROOT / "docs" / "decisions.md")
