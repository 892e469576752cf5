"""Reading a synthesized template: resources by type, references as short text."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Template:
    """One CloudFormation template."""

    resources: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Template":
        return cls(resources=json.loads(path.read_text())["Resources"])

    def of_type(self, kind: str) -> dict[str, Any]:
        """Properties of every resource of a type, by logical id."""
        return {
            name: entry.get("Properties", {})
            for name, entry in self.resources.items()
            if entry["Type"] == kind
        }

    def only(self, kind: str, prefix: str = "") -> Any:
        """The one resource of this type whose logical id starts so."""
        (found,) = [entry for name, entry in self.of_type(kind).items() if name.startswith(prefix)]
        return found

    def lambdas(self) -> dict[str, Any]:
        """Container-image functions by their handler."""
        return {
            entry["ImageConfig"]["Command"][0]: entry
            for entry in self.of_type("AWS::Lambda::Function").values()
            if entry.get("PackageType") == "Image"
        }

    def statements(self) -> Iterator[tuple[str, Any]]:
        """`(logical id of the policy, statement)` for everything that roles may do."""
        for name, policy in self.of_type("AWS::IAM::Policy").items():
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
        for name, role in self.of_type("AWS::IAM::Role").items():
            for policy in role.get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield name, statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
