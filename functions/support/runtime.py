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

from heaters.catalog.connection import Catalog, CatalogSettings
from heaters.catalog.settings import read_catalog_settings
from heaters.domain.errors import HeatersError
from heaters.domain.settings import Settings, read_settings
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
    return read_catalog_settings(os.environ, make_rds_client=lambda: boto3.client("rds"))


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


def settings() -> Settings:
    """What the installation chose."""
    return read_settings(os.environ)
