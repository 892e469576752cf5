"""Lists the rooms of the code, each with the first sentences of its `__init__.py`. Imports none of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("heaters", "functions", "containers", "review_api", "infra", "local_cloud", "bench")
"""The top folders of Python, in the order in which one depends on another."""


def render_rooms(repository: Path) -> str:
    """A table: a row for each folder with an `__init__.py`, below the folder that it lies in."""
    rows = [_row(repository, room) for folder in FOLDERS for room in _rooms(repository / folder)]
    return "\n".join(["| room | what it is for |", "|---|---|", *rows, ""])


def _rooms(folder: Path) -> Iterator[Path]:
    return (
        found.parent for found in sorted(folder.rglob("__init__.py"), key=lambda found: found.parent.parts)
    )


def _row(repository: Path, room: Path) -> str:
    docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    said = " ".join(docstring.split("\n\n")[0].split()).replace("|", "\\|")
    place = room.relative_to(repository).as_posix()
    return f"| [`{place}/`](../{place}) | {said} |"
