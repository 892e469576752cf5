"""Walking a state machine: every state at every depth, and where each can go."""

from collections.abc import Iterator
from typing import Any

State = dict[str, Any]


def scopes(definition: State) -> Iterator[State]:
    """The definition itself and every branch and item processor inside it: whatever has StartAt and States."""
    yield definition
    for state in definition["States"].values():
        inner = [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]
        for scope in inner:
            yield from scopes(scope)


def all_states(definition: State) -> dict[str, State]:
    """Every state by name; names must differ across scopes."""
    found: dict[str, State] = {}
    for scope in scopes(definition):
        assert not found.keys() & scope["States"].keys()
        found |= scope["States"]
    return found


def tasks(definition: State) -> dict[str, State]:
    return {name: state for name, state in all_states(definition).items() if state["Type"] == "Task"}


def targets(state: State) -> list[str]:
    """Every state that can follow: next, choices, default, catchers."""
    choices = [choice["Next"] for choice in state.get("Choices", [])]
    caught = [catcher["Next"] for catcher in state.get("Catch", [])]
    return [
        *([state["Next"]] if "Next" in state else []),
        *choices,
        *caught,
        *([state["Default"]] if "Default" in state else []),
    ]


def ends(state: State) -> bool:
    return bool(state.get("End")) or state["Type"] in ("Succeed", "Fail")


def reachable(scope: State) -> set[str]:
    """The states of one scope that a run can come to."""
    found, waiting = set(), [scope["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += targets(scope["States"][name])
    return found
