"""Writes everything in the repository that is generated: `python -m docs.generate`, or `make generate`.

With `--check` it writes nothing, names what is stale and exits 1; `make check` does that. GENERATED is the whole list.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from docs.rooms import render_rooms
from infra.operations.settings_table import render_table
from infra.stacks.stack_diagram import render_stacks
from infra.workflow.pipeline_diagram import render_pipeline
from infra.workflow.stage_table import render_page
from review_api.openapi import render_document

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Generated:
    """A file, or the part of one between `<!-- part -->` and `<!-- /part -->`, and what makes its text."""

    path: str
    part: str = ""
    render: Callable[[], str]

    def __str__(self) -> str:
        return f"{self.path}, part {self.part}," if self.part else self.path

    def text(self, present: str) -> str:
        """The whole file as it should be, made from the file as it is."""
        if not self.part:
            return self.render()
        begin, end = f"<!-- {self.part} -->\n", f"<!-- /{self.part} -->\n"
        if present.count(begin) != 1 or present.count(end) != 1:
            raise ValueError(
                f"{self.path} needs one {begin.strip()} and one {end.strip()}, each on its line."
            )
        before, _, rest = present.partition(begin)
        return before + begin + self.render() + end + rest.partition(end)[2]


def render_api_types() -> str:
    """The site's types of the API, by openapi-typescript."""
    program = "node_modules/openapi-typescript/bin/cli.js"
    site = REPOSITORY / "review_site"
    made = subprocess.run(
        ["node", program], input=render_document(), cwd=site, stdout=subprocess.PIPE, text=True, check=True
    )
    return made.stdout


GENERATED = (
    Generated(path="README.md", part="pipeline", render=render_pipeline),
    Generated(path="docs/stages.md", render=render_page),
    Generated(path="docs/operations.md", part="settings", render=render_table),
    Generated(
        path="docs/architecture.md", part="diagram", render=lambda: render_stacks(REPOSITORY / "cdk.out")
    ),
    Generated(path="docs/architecture.md", part="rooms", render=lambda: render_rooms(REPOSITORY)),
    Generated(path="review_site/openapi.json", render=render_document),
    Generated(path="review_site/src/api/schema.d.ts", render=render_api_types),
)


def renew(generated: Iterable[Generated], repository: Path, *, write: bool) -> list[Generated]:
    """Those of `generated` that are not as they would be made now; with `write`, they are afterwards."""
    stale = []
    for each in generated:
        file = repository / each.path
        present = file.read_text() if file.exists() else ""
        if (text := each.text(present)) != present:
            stale.append(each)
            if write:
                file.write_text(text)
    return stale


def main() -> int:
    parser = argparse.ArgumentParser(description="Write what is generated.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where something is stale")
    check = parser.parse_args().check
    stale = renew(GENERATED, REPOSITORY, write=not check)
    for each in stale:
        print(f"{each} {'is stale; run `make generate`' if check else 'was brought up to date'}.")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
