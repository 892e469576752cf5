"""Checks every state machine of a synthesized app against the Amazon States Language:
`python -m infra.workflow.lint_definitions [cdk.out]`. cfn-lint looks at the shape of a definition, but not whether its
transitions lead anywhere.

The linter knows the language's specification; what AWS adds to it is left out before it looks.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from statelint.linter import Linter

AWS_EXTENSIONS = frozenset({"Label", "InputType", "ToleratedFailurePercentage"})
"""Fields of a Distributed Map that the specification does not have, or has as a whole number only."""


def find_definitions(assembly: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """`(logical id, definition)` of every state machine in the templates of a cloud assembly."""
    for path in sorted(assembly.glob("*.template.json")):
        for name, resource in json.loads(path.read_text())["Resources"].items():
            if resource["Type"] == "AWS::StepFunctions::StateMachine":
                yield name, json.loads(resource["Properties"]["DefinitionString"])


def find_problems(definition: dict[str, Any]) -> list[str]:
    """What is wrong with a definition, one sentence each."""
    return [str(problem).strip() for problem in Linter.validate(_without_extensions(definition))]


def _without_extensions(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_extensions(item) for key, item in value.items() if key not in AWS_EXTENSIONS}
    if isinstance(value, list):
        return [_without_extensions(item) for item in value]
    return value


def main() -> int:
    assembly = Path(sys.argv[1] if len(sys.argv) > 1 else "cdk.out")
    definitions = dict(find_definitions(assembly))
    problems = [
        f"{name}: {problem}" for name, found in definitions.items() for problem in find_problems(found)
    ]
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if not definitions:
        sys.stderr.write(f"No state machine in {assembly}; run `make synth` first.\n")
    return 1 if problems or not definitions else 0


if __name__ == "__main__":
    sys.exit(main())
