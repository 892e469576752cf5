"""Fixtures that every kind of test shares."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when onnxruntime is imported

pytest_plugins = ["tests.fixtures.postgres"]

settings.register_profile("untimed", deadline=None)  # a loaded machine is no fault of the code
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def media_folder() -> Path:
    """The folder of real test videos: HEATERS_TEST_MEDIA, or shared/media beside the checkout."""
    folder = Path(os.environ.get("HEATERS_TEST_MEDIA") or REPOSITORY.parent / "shared" / "media")
    if not folder.is_dir():
        pytest.skip(f"no real test videos at {folder}; set HEATERS_TEST_MEDIA to a folder that has them")
    return folder
