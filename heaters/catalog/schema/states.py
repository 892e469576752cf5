"""Copies what the domain says of stages and states into the schema: labels of enum types, transitions, stages' names.

Only ever adds: while a deployment is under way, the version before it works on the same schema.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from psycopg import sql

from heaters.catalog.connection import Connection
from heaters.domain.pipeline import STAGES
from heaters.domain.stage import Entity, Stage
from heaters.domain.transitions import GATE_TRANSITIONS, transitions_of

_TYPES: Mapping[Entity, str] = {
    Entity.VIDEO: "video_state",
    Entity.CLIP: "clip_state",
    Entity.MASTER: "master_state",
}


def add_states(connection: Connection, stages: Iterable[Stage] = STAGES) -> None:
    """Make the schema know every stage, state and transition; does nothing where it does.

    A label can be used only once it is committed, so the caller commits before anything uses one; two callers at once
    would wait for each other, so the caller sees to it that there is one.
    """
    stages = tuple(stages)
    for entity, type_name in _TYPES.items():
        table = transitions_of(entity, stages)
        for label in sorted(set(map(str, table)) - _labels(connection, type_name)):
            connection.execute(
                sql.SQL("ALTER TYPE {} ADD VALUE {}").format(sql.Identifier(type_name), sql.Literal(label))
            )
        _add_transitions(connection, entity, table)
    _add_transitions(connection, "gate", GATE_TRANSITIONS)
    connection.execute(
        "INSERT INTO stages (name) SELECT unnest(%(names)s::text[]) ON CONFLICT DO NOTHING",
        {"names": [stage.name for stage in stages]},
    )


def _labels(connection: Connection, type_name: str) -> set[str]:
    rows = connection.execute(
        "SELECT enumlabel FROM pg_enum WHERE enumtypid = to_regtype(%(type)s)", {"type": type_name}
    )
    return {row["enumlabel"] for row in rows}


def _add_transitions(
    connection: Connection, entity: str, table: Mapping[StrEnum, frozenset[StrEnum]]
) -> None:
    pairs = sorted((str(before), str(after)) for before, afters in table.items() for after in afters)
    connection.execute(
        """
        INSERT INTO transitions (entity, before, after)
        SELECT %(entity)s, before, after FROM unnest(%(befores)s::text[], %(afters)s::text[]) AS new (before, after)
        ON CONFLICT DO NOTHING
        """,
        {
            "entity": str(entity),
            "befores": [before for before, _ in pairs],
            "afters": [after for _, after in pairs],
        },
    )
