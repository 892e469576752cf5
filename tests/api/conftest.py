"""What several tests of the API share."""

from collections.abc import Iterator

import pytest

from tests.local_cloud.s3.served_bucket import Served


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The local cloud's S3 on a port: parts go to it through the very URLs that the API hands out."""
    kept = Served(tmp_path_factory.mktemp("objects"))
    yield kept
    kept.close()
