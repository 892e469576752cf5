"""Finds what the pages of the documentation name: links, paths, names in modules, and commands."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_PATH = re.compile(r"([\w.@*-]+(?:/[\w.@*-]+)*/?)(?::([A-Za-z_]\w*))?")
_MODULE = re.compile(r"python -m ([\w.]+)")
_TARGET = re.compile(r"\bmake ([a-z][a-z-]*)")
_MADE_BY_MAKE = ("review_site/dist", "review_site/node_modules", "cdk.out")


def links_of(page: Path) -> set[str]:
    """Where the page leads, other sites left out: `operations.md#people`."""
    text = _FENCE.sub("", page.read_text())
    return {link for link in _LINK.findall(text) if "://" not in link}


def anchors_of(page: Path) -> set[str]:
    """The page's headings as links name them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def paths_of(page: Path) -> Iterator[tuple[str, str]]:
    """Every file or folder of this repository that the page names in code, and the name in it or an empty one.

    A path is known by its beginning; keys in S3 and paths of other machines begin otherwise.
    """
    ours = {found.name for found in ROOT.iterdir() if not found.name.startswith(".") and found.is_dir()}
    for code in _CODE.findall(_FENCE.sub("", page.read_text())):
        found = _PATH.fullmatch(code)
        if (
            found
            and "/" in found[1]
            and found[1].split("/")[0] in ours
            and not found[1].startswith(_MADE_BY_MAKE)
        ):
            yield found[1], found[2] or ""


def modules_of(page: Path) -> set[str]:
    """What the page runs by `python -m`."""
    return {module for module in _MODULE.findall(page.read_text()) if module.split(".")[0] != "pip"}


def targets_of(page: Path) -> set[str]:
    """What the page tells people to `make`, in code spans and at the start of a line of a block."""
    spans = _CODE.findall(_FENCE.sub("", page.read_text()))
    lines = [line for block in _FENCE.findall(page.read_text()) for line in block.splitlines()]
    commands = [*spans, *(line for line in lines if line.startswith("make "))]
    return {target for command in commands for target in _TARGET.findall(command)}


def names_in(file: Path) -> set[str]:
    """What a Python module defines at its top; of other files, every word."""
    if file.suffix != ".py":
        return set(re.findall(r"\w+", file.read_text()))
    names: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names
