"""Fixtures that every kind of test shares."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.profile import PROFILE, scaled

REPOSITORY = Path(__file__).resolve().parent.parent

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when onnxruntime is imported

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.buckets",
    "tests.fixtures.api",
    "tests.fixtures.side_by_side",
]

# No deadline: a loaded machine is no fault of the code.
settings.register_profile(PROFILE, deadline=None, max_examples=scaled(1000))
settings.load_profile(PROFILE)


@pytest.fixture(scope="session")
def media_folder() -> Path:
    """The folder of real test videos: HEATERS_TEST_MEDIA, or shared/media beside the checkout."""
    folder = Path(os.environ.get("HEATERS_TEST_MEDIA") or REPOSITORY.parent / "shared" / "media")
    if not folder.is_dir():
        pytest.skip(f"no real test videos at {folder}; set HEATERS_TEST_MEDIA to a folder that has them")
    return folder
