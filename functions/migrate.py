"""Bring the schema up to date: when a version is deployed (custom resource) and when the local cloud starts."""

from typing import Any

from functions.support import runtime
from heaters.catalog.connection import open_connection
from heaters.catalog.schema.migrate import migrate
from heaters.catalog.schema.roles import ensure_application_role
from heaters.domain.errors import CatalogUnavailable

APPLICATION_ROLE = "heaters"

KNOCKS = 6
"""How often to try to connect, 20 s each: a database that has slept for a day takes half a minute and more to wake."""


@runtime.function
def handler(event: runtime.Event) -> Any:
    """Any event; a custom resource that is being deleted changes nothing. Answers what was applied."""
    applied: list[str] = []
    if event.get("RequestType") != "Delete":
        _wake_catalog()
        with open_connection(runtime.catalog_settings()) as connection:
            applied = migrate(connection)
            ensure_application_role(connection, APPLICATION_ROLE)
    runtime.logger.info("schema is up to date", applied=applied)
    return {
        "PhysicalResourceId": "heaters-schema",
        "Data": {"applied": ",".join(applied)},
        "applied": applied,
    }


def _wake_catalog() -> None:
    """A deployment does not try again by itself. Raises CatalogUnavailable after the last knock."""
    for left in reversed(range(KNOCKS)):
        try:
            with runtime.catalog().transaction():
                return
        except CatalogUnavailable:
            if not left:
                raise
