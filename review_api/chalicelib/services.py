"""What the API works with, made once per process on first use: the catalog, the bucket, Step Functions.

The only place of the API, beside the authorizer's ARN, that reads the environment.
"""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from heaters.catalog.connection import Catalog
from heaters.catalog.settings import read_catalog_settings
from heaters.domain.settings import Settings, read_settings
from heaters.s3.store import MediaStore

WORKFLOW_PATIENCE = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
"""Step Functions is told after a commit: what it does not answer by then is repeated later, and nobody is kept waiting
until API Gateway gives up.
"""


@dataclass(frozen=True, kw_only=True)
class Services:
    """`workflow` is the Step Functions client; without `query_machine_arn` only clips can be searched for."""

    catalog: Catalog
    store: MediaStore
    workflow: Any
    state_machine_arn: str
    settings: Settings
    query_machine_arn: str | None = None


@cache
def services() -> Services:
    """The services of this process. Raises KeyError naming a variable that is not set, InvalidSetting for a setting
    that makes no sense.
    """
    catalog = read_catalog_settings(os.environ, make_rds_client=lambda: boto3.client("rds"))
    return Services(
        catalog=Catalog(catalog),
        store=MediaStore(bucket=os.environ["HEATERS_BUCKET"]),
        workflow=boto3.client("stepfunctions", config=WORKFLOW_PATIENCE),
        state_machine_arn=os.environ["HEATERS_STATE_MACHINE_ARN"],
        settings=read_settings(os.environ),
        query_machine_arn=os.environ.get("HEATERS_QUERY_MACHINE_ARN"),
    )
