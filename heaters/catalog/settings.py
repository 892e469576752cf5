"""Where the catalog is, read once for functions and API alike. The shell passes in its environment and its client of
RDS; nothing here reads the one or makes the other.
"""

from collections.abc import Callable, Mapping
from typing import Any

from psycopg.conninfo import make_conninfo

from heaters.catalog.connection import CatalogSettings
from heaters.domain.errors import InvalidSetting

URL = "HEATERS_DATABASE_URL"
"""An address with everything in it, where the catalog is on the same machine. It wins over the others."""

HOST, PORT, NAME, USER = "HEATERS_DB_HOST", "HEATERS_DB_PORT", "HEATERS_DB_NAME", "HEATERS_DB_USER"
"""The parts of an address that is signed in to by IAM; none of them is guessed."""


def read_catalog_settings(
    environment: Mapping[str, str], *, make_rds_client: Callable[[], Any]
) -> CatalogSettings:
    """HEATERS_DATABASE_URL, or the four parts. Raises InvalidSetting naming what is missing.

    The client is made once and only where it is needed; each connection is signed in to with a token of its own,
    because a token may be too old by the time of the next.
    """
    if url := environment.get(URL):
        return CatalogSettings(conninfo=url)
    host, port, name, user = (_require(environment, variable) for variable in (HOST, PORT, NAME, USER))
    if not (port.isascii() and port.isdigit()):
        raise InvalidSetting(f"{PORT} is {port!r}; set it to a port number such as 5432.", setting=PORT)
    rds = make_rds_client()
    return CatalogSettings(
        conninfo=make_conninfo(host=host, port=port, user=user, dbname=name, sslmode="require"),
        password=lambda: str(
            rds.generate_db_auth_token(DBHostname=host, Port=int(port), DBUsername=user),
        ),
    )


def _require(environment: Mapping[str, str], name: str) -> str:
    if not (value := environment.get(name)):
        raise InvalidSetting(
            f"{name} is not set; set {HOST}, {PORT}, {NAME} and {USER}, or {URL} alone.", setting=name
        )
    return value
