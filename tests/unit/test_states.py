"""The tables of transitions: every state is reached and left, and nothing decided can be lost."""

from collections.abc import Mapping
from enum import StrEnum

import pytest

from heaters.domain import transitions
from heaters.domain.states import (
    REVIEWABLE_CLIP_STATES,
    ClipState,
    GateState,
    MasterState,
    VideoState,
)
from heaters.domain.transitions import (
    CLIP_TRANSITIONS,
    FAILED_CLIP_STATES,
    GATE_TRANSITIONS,
    IN_WAVE_CLIP_STATES,
    MASTER_TRANSITIONS,
    VIDEO_TRANSITIONS,
)

Table = Mapping[StrEnum, frozenset[StrEnum]]

TABLES = [
    pytest.param(VIDEO_TRANSITIONS, VideoState, {VideoState.NEW}, set(), id="video"),
    pytest.param(
        CLIP_TRANSITIONS, ClipState, {ClipState.PENDING_REVIEW}, {ClipState.EMBEDDED, ClipState.ARCHIVED}, id="clip"
    ),
    pytest.param(MASTER_TRANSITIONS, MasterState, {MasterState.PENDING}, {MasterState.ARCHIVED}, id="master"),
    pytest.param(GATE_TRANSITIONS, GateState, {GateState.OPEN}, {GateState.RESUMED, GateState.GONE}, id="gate"),
]  # fmt: skip


def _reachable(table: Table, start: set[StrEnum]) -> set[StrEnum]:
    seen, todo = set(start), list(start)
    while todo:
        new = table[todo.pop()] - seen
        seen |= new
        todo.extend(new)
    return seen


@pytest.mark.parametrize(("table", "kind", "first", "ends"), TABLES)
def test_every_state_has_a_row_and_is_reached_from_the_first(
    table: Table, kind: type[StrEnum], first: set[StrEnum], ends: set[StrEnum]
) -> None:
    assert set(table) == set(kind)
    assert _reachable(table, first) == set(kind)


@pytest.mark.parametrize(("table", "kind", "first", "ends"), TABLES)
def test_every_state_is_left_but_for_the_ends(
    table: Table, kind: type[StrEnum], first: set[StrEnum], ends: set[StrEnum]
) -> None:
    assert {state for state in kind if not table[state]} == ends
    assert all(state not in table[state] for state in kind)


@pytest.mark.parametrize(("table", "kind", "first", "ends"), TABLES)
def test_from_every_state_an_end_can_be_reached(
    table: Table, kind: type[StrEnum], first: set[StrEnum], ends: set[StrEnum]
) -> None:
    """No failure is a dead end."""
    goals = ends or {VideoState.COMPLETE}
    assert all(_reachable(table, {state}) & goals for state in kind)


def test_a_clip_is_under_review_in_a_wave_failed_or_at_an_end() -> None:
    ends = {ClipState.EMBEDDED, ClipState.ARCHIVED, ClipState.SUPERSEDED}
    groups = [REVIEWABLE_CLIP_STATES, IN_WAVE_CLIP_STATES, FAILED_CLIP_STATES, ends]
    assert sum(map(len, groups)) == len(ClipState)
    assert frozenset().union(*groups) == set(ClipState)


def test_every_decision_can_be_changed_until_a_wave_claims_the_clip() -> None:
    for state in REVIEWABLE_CLIP_STATES:
        assert CLIP_TRANSITIONS[state] >= (REVIEWABLE_CLIP_STATES | {ClipState.SUPERSEDED}) - {state}
    assert CLIP_TRANSITIONS[ClipState.SUPERSEDED] == REVIEWABLE_CLIP_STATES


def test_a_clip_that_a_wave_has_claimed_never_goes_back_to_be_reviewed_again() -> None:
    claimed = IN_WAVE_CLIP_STATES | {ClipState.EMBEDDED, ClipState.ARCHIVED}
    for state in claimed:
        assert not CLIP_TRANSITIONS[state] & (REVIEWABLE_CLIP_STATES | {ClipState.SUPERSEDED})


def test_a_clip_enters_a_wave_only_by_being_approved() -> None:
    assert _sources_of(ClipState.EXPORTING) == {ClipState.REVIEW_APPROVED, ClipState.EXPORT_FAILED}
    assert _sources_of(ClipState.ARCHIVED) == {ClipState.REVIEW_ARCHIVED}


def test_decided_states_are_named_as_such() -> None:
    decided = {state for state in ClipState if state.startswith("review_")}
    assert decided == REVIEWABLE_CLIP_STATES - {ClipState.PENDING_REVIEW}


def test_every_table_of_the_module_is_tested_here() -> None:
    tables = {name for name in vars(transitions) if name.endswith("_TRANSITIONS")}
    assert tables == {"VIDEO_TRANSITIONS", "CLIP_TRANSITIONS", "MASTER_TRANSITIONS", "GATE_TRANSITIONS"}


def _sources_of(after: ClipState) -> set[StrEnum]:
    return {before for before, afters in CLIP_TRANSITIONS.items() if after in afters}
