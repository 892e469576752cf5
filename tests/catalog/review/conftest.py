"""What several tests of review share."""

import pytest

from heaters.catalog.connection import Catalog
from tests.catalog.review.desk import Desk
from tests.catalog.review_videos import add_video_in_review


@pytest.fixture
def desk(catalog: Catalog) -> Desk:
    return Desk(catalog, add_video_in_review(catalog))
