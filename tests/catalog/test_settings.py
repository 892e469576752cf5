"""Where the catalog is, as functions and API read it."""

from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from heaters.catalog.settings import read_catalog_settings
from heaters.domain.errors import InvalidSetting

PARTS = {
    "HEATERS_DB_HOST": "db.example",
    "HEATERS_DB_PORT": "5433",
    "HEATERS_DB_NAME": "heaters",
    "HEATERS_DB_USER": "app",
}


class Rds:
    """Signs a different token each time, as RDS does after a while."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def generate_db_auth_token(self, **asked: Any) -> str:
        self.asked.append(asked)
        return f"token {len(self.asked)}"


def _no_client() -> Any:
    raise AssertionError("nobody signs in")


def test_an_address_with_everything_in_it_wins_and_needs_no_client() -> None:
    settings = read_catalog_settings(
        {**PARTS, "HEATERS_DATABASE_URL": "postgresql:///x"}, make_rds_client=_no_client
    )
    assert (settings.conninfo, settings.password) == ("postgresql:///x", None)


def test_parts_of_an_address_are_signed_in_to_anew_for_each_connection_by_one_client() -> None:
    made: list[Rds] = []

    def make() -> Rds:
        made.append(Rds())
        return made[-1]

    settings = read_catalog_settings(PARTS, make_rds_client=make)
    assert settings.password
    assert [settings.password(), settings.password()] == ["token 1", "token 2"]
    (rds,) = made
    assert rds.asked == 2 * [{"DBHostname": "db.example", "Port": 5433, "DBUsername": "app"}]
    assert conninfo_to_dict(settings.conninfo) == {
        "host": "db.example", "port": "5433", "user": "app", "dbname": "heaters", "sslmode": "require",
    }  # fmt: skip


@pytest.mark.parametrize("missing", PARTS)
def test_a_part_that_is_missing_is_named_and_not_guessed(missing: str) -> None:
    environment = {name: value for name, value in PARTS.items() if name != missing}
    with pytest.raises(InvalidSetting, match=f"^{missing} is not set; set "):
        read_catalog_settings(environment, make_rds_client=_no_client)


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="HEATERS_DB_PORT is 'five'"):
        read_catalog_settings({**PARTS, "HEATERS_DB_PORT": "five"}, make_rds_client=_no_client)
