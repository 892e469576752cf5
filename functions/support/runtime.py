"""What every light function needs from its surroundings: settings, clients and a way to be observed.

The only reader of the environment among the functions. Clients are made at the first call and kept, so that a
warm Lambda connects once; importing this module makes none.
"""

import os
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from psycopg.conninfo import make_conninfo

from heaters.catalog.connection import Catalog, CatalogSettings
from heaters.domain.errors import HeatersError
from heaters.domain.jobs import MasterPolicy
from heaters.domain.pipeline import RELEASE_SIZE, UNDO_WINDOW_S
from heaters.domain.review.gates import REMIND_AFTER_S
from heaters.s3.store import MediaStore

Event = dict[str, Any]

logger = Logger(service="heaters")
tracer = Tracer(service="heaters")
metrics = Metrics(namespace="Heaters", service="heaters")

_IDS = ("video_id", "clip_id", "wave_id", "stage", "attempt")


def function(handle: Callable[[Event], Any]) -> Callable[[Event, Any], Any]:
    """Make `handle(event)` a Lambda handler: logs carry the event's ids, calls are traced, failures counted.

    An error leaves it as it is, so that Step Functions sees its class name.
    """

    @logger.inject_lambda_context(clear_state=True)
    @tracer.capture_lambda_handler(capture_response=False)
    @wraps(handle)
    def observed(event: Event, _context: Any) -> Any:
        logger.append_keys(**{key: event[key] for key in _IDS if event.get(key)})
        try:
            return handle(event)
        except HeatersError as exc:
            metrics.add_metric(name=exc.name, unit="Count", value=1)
            metrics.flush_metrics()
            logger.warning(exc.message, failure=exc.to_json())
            raise

    handler: Callable[[Event, Any], Any] = observed
    return handler


def catalog_settings() -> CatalogSettings:
    """HEATERS_DATABASE_URL, or the parts of an address that is signed in to by IAM."""
    if url := os.environ.get("HEATERS_DATABASE_URL"):
        return CatalogSettings(conninfo=url)
    host, port, user = (os.environ[f"HEATERS_DB_{part}"] for part in ("HOST", "PORT", "USER"))
    name = os.environ["HEATERS_DB_NAME"]
    rds = boto3.client("rds")
    return CatalogSettings(
        conninfo=make_conninfo(host=host, port=port, user=user, dbname=name, sslmode="require"),
        password=lambda: rds.generate_db_auth_token(DBHostname=host, Port=int(port), DBUsername=user),
    )


@cache
def catalog() -> Catalog:
    return Catalog(catalog_settings())


@cache
def store() -> MediaStore:
    return MediaStore(bucket=os.environ["HEATERS_BUCKET"])


@cache
def workflow() -> Any:
    """The Step Functions client."""
    return boto3.client("stepfunctions")


def state_machine_arn() -> str:
    return os.environ["HEATERS_STATE_MACHINE_ARN"]


def undo_window_s() -> int:
    return int(os.environ.get("HEATERS_UNDO_WINDOW_S", UNDO_WINDOW_S))


def release_size() -> int:
    return int(os.environ.get("HEATERS_RELEASE_SIZE", RELEASE_SIZE))


def remind_after_s() -> int:
    return int(os.environ.get("HEATERS_REMIND_AFTER_S", REMIND_AFTER_S))


def master_policy() -> MasterPolicy:
    return MasterPolicy(os.environ.get("HEATERS_MASTER_POLICY", MasterPolicy.FFV1))


def embed_model() -> str:
    return os.environ.get("HEATERS_EMBED_MODEL", "colour-layout")
