"""The only changes of state: those that stages make follow from STAGES, the others are listed here.

Postgres has the same table and refuses every other change; migrating writes it there.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from heaters.domain.pipeline import STAGES, stages_of
from heaters.domain.stage import Entity, Stage
from heaters.domain.states import (
    DECIDED_CLIP_STATES,
    REVIEWABLE_CLIP_STATES,
    ClipState,
    GateState,
    VideoState,
)

Transitions = Mapping[StrEnum, frozenset[StrEnum]]
"""From each state to those that may follow."""

_V, _C, _G = VideoState, ClipState, GateState
_BACK_TO_REVIEW = REVIEWABLE_CLIP_STATES | {_C.SUPERSEDED}

_WITHOUT_A_STAGE: Mapping[Entity, Transitions] = {
    Entity.VIDEO: {
        _V.NEW: frozenset({_V.DOWNLOADED}),  # an upload is already here
        _V.IN_REVIEW: frozenset({_V.COMPLETE}),
        _V.COMPLETE: frozenset({_V.IN_REVIEW}),  # a failed clip is retried after its video completed
    },
    Entity.CLIP: {
        _C.PENDING_REVIEW: _BACK_TO_REVIEW - {_C.PENDING_REVIEW},
        _C.REVIEW_APPROVED: _BACK_TO_REVIEW - {_C.REVIEW_APPROVED},
        _C.REVIEW_SKIPPED: _BACK_TO_REVIEW - {_C.REVIEW_SKIPPED},
        _C.REVIEW_ARCHIVED: _BACK_TO_REVIEW - {_C.REVIEW_ARCHIVED} | {_C.ARCHIVED},
        _C.SUPERSEDED: DECIDED_CLIP_STATES | {_C.PENDING_REVIEW},  # undo of a change to cuts
    },
    Entity.MASTER: {},
}

GATE_TRANSITIONS: Transitions = {
    _G.OPEN: frozenset({_G.RELEASED, _G.GONE}),
    _G.RELEASED: frozenset({_G.RESUMED, _G.GONE}),
    _G.RESUMED: frozenset(),
    _G.GONE: frozenset(),
}


def transitions_of(entity: Entity, stages: Iterable[Stage] = STAGES) -> dict[StrEnum, frozenset[StrEnum]]:
    """What may become what: every state of the entity has a row, and ends have an empty one.

    A stage begins from `starts_from` and ends done or failed. A clip that failed may be approved again instead.
    """
    table: dict[StrEnum, set[StrEnum]] = {
        before: set(afters) for before, afters in _WITHOUT_A_STAGE[entity].items()
    }
    for stage in stages_of(entity, stages):
        for before in stage.starts_from:
            table.setdefault(before, set()).add(stage.running)
        table.setdefault(stage.running, set()).update((stage.done, stage.failed))
        if entity is Entity.CLIP:
            table.setdefault(stage.failed, set()).add(_C.REVIEW_APPROVED)
    ends = {after for afters in table.values() for after in afters} - set(table)
    return {before: frozenset(afters) for before, afters in table.items()} | dict.fromkeys(ends, frozenset())


VIDEO_TRANSITIONS = transitions_of(Entity.VIDEO)
CLIP_TRANSITIONS = transitions_of(Entity.CLIP)
MASTER_TRANSITIONS = transitions_of(Entity.MASTER)

_OF_CLIPS = stages_of(Entity.CLIP)

FAILED_CLIP_STATES = frozenset(ClipState(stage.failed) for stage in _OF_CLIPS)

IN_WAVE_CLIP_STATES = frozenset(
    ClipState(state) for stage in _OF_CLIPS for state in (stage.running, stage.done)
) - {ClipState(_OF_CLIPS[-1].done)}
"""A wave is working on the clip."""
