"""The API with a real, if small, bucket: for routes that read and write objects themselves."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from heaters.catalog.connection import Catalog
from heaters.s3.store import MediaStore
from tests.api.api_client import Api, open_api
from tests.catalog.step_functions import FakeStepFunctions

BUCKET = "media"


@contextmanager
def open_api_with_bucket(
    catalog: Catalog, step_functions: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch, **changes: Any
) -> Iterator[tuple[Api, MediaStore]]:
    """The API and its versioned bucket; `changes` are other settings of its services."""
    with mock_aws():
        api = open_api(catalog, step_functions, monkeypatch)
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        store = MediaStore(bucket=BUCKET)
        endpoints = importlib.import_module("chalicelib.endpoints")
        services = replace(endpoints.services(), store=store, **changes)
        monkeypatch.setattr(endpoints, "services", lambda: services)
        yield api, store
