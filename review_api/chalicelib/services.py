"""What the API works with, made once per process on first use: the catalog, the bucket, Step Functions.

The only place of the API, beside the authorizer's ARN, that reads the environment.
"""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from psycopg.conninfo import make_conninfo

from heaters.catalog.connection import Catalog, CatalogSettings
from heaters.domain.pipeline import RELEASE_SIZE, UNDO_WINDOW_S
from heaters.s3.store import MediaStore

WORKFLOW_PATIENCE = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
"""Step Functions is told after a commit: what it does not answer by then is repeated later, and nobody is kept waiting
until API Gateway gives up.
"""

PLAYBACK_CAP_BYTES = 10 * 1024**3
"""What copies of clips that were made for playing may take up together."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """`workflow` is the Step Functions client; without `query_machine_arn` only clips can be searched for."""

    catalog: Catalog
    store: MediaStore
    workflow: Any
    state_machine_arn: str
    undo_window_s: int
    release_size: int
    query_machine_arn: str | None = None
    embed_model: str = "colour-layout"
    playback_cap_bytes: int = PLAYBACK_CAP_BYTES


@cache
def services() -> Services:
    """The services of this process. Raises KeyError naming a variable that is not set."""
    return Services(
        catalog=Catalog(_read_catalog_settings()),
        store=MediaStore(bucket=os.environ["HEATERS_BUCKET"]),
        workflow=boto3.client("stepfunctions", config=WORKFLOW_PATIENCE),
        state_machine_arn=os.environ["HEATERS_STATE_MACHINE_ARN"],
        undo_window_s=int(os.environ.get("HEATERS_UNDO_WINDOW_S", UNDO_WINDOW_S)),
        release_size=int(os.environ.get("HEATERS_RELEASE_SIZE", RELEASE_SIZE)),
        query_machine_arn=os.environ.get("HEATERS_QUERY_MACHINE_ARN"),
        embed_model=os.environ.get("HEATERS_EMBED_MODEL", "colour-layout"),
        playback_cap_bytes=int(os.environ.get("HEATERS_PLAYBACK_CAP_BYTES", PLAYBACK_CAP_BYTES)),
    )


def _read_catalog_settings() -> CatalogSettings:
    if url := os.environ.get("HEATERS_DATABASE_URL"):
        return CatalogSettings(conninfo=url)
    host, user = os.environ["HEATERS_DB_HOST"], os.environ["HEATERS_DB_USER"]
    port = os.environ.get("HEATERS_DB_PORT", "5432")
    conninfo = make_conninfo(
        host=host, port=port, user=user, dbname=os.environ["HEATERS_DB_NAME"], sslmode="require"
    )

    def ask_token() -> str:
        token = boto3.client("rds").generate_db_auth_token(DBHostname=host, Port=int(port), DBUsername=user)
        return str(token)

    return CatalogSettings(conninfo=conninfo, password=ask_token)
