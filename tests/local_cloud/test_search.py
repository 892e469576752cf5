"""A picture through the local cloud: put to a signed URL, embedded by the synthesized state machine, found."""

import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from heaters.catalog.connection import Catalog, CatalogSettings
from heaters.embed.images import prepare_images
from heaters.embed.registry import load_model
from local_cloud.cloud import LocalCloud, start_local_cloud
from local_cloud.commands.api_client import ApiClient, ApiRefused
from local_cloud.machine.settings import REPOSITORY, LocalSettings
from tests.catalog.review_videos import add_video_in_review, live_clips
from tests.catalog.search.vectors import embed_clip


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with tempfile.TemporaryDirectory(prefix="heaters-test-") as name:
        settings = LocalSettings(home=Path(name) / "home", synth_cache=REPOSITORY / ".heaters" / "cdk")
        with start_local_cloud(settings) as cloud:
            yield cloud


@pytest.fixture(scope="module")
def api(cloud: LocalCloud) -> ApiClient:
    return ApiClient(f"{cloud.url}/api", lambda: cloud.sign_in.token("reviewer"))


def picture(colour: str) -> bytes:
    target = BytesIO()
    Image.new("RGB", (320, 180), colour).save(target, "JPEG")
    return target.getvalue()


def upload(api: ApiClient, body: bytes) -> str:
    """Upload a picture as a browser does; its key."""
    answer = api.post("/search/images", {"content_type": "image/jpeg", "size_bytes": len(body)})
    request = urllib.request.Request(  # noqa: S310 - the local cloud's own address
        answer["upload_url"], data=body, method="PUT", headers={"Content-Type": "image/jpeg"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        assert response.status == 200
    return str(answer["image_key"])


def test_a_picture_finds_the_clip_that_looks_like_it(cloud: LocalCloud, api: ApiClient) -> None:
    model = load_model("colour-layout")
    catalog = Catalog(CatalogSettings(conninfo=cloud.database_url))
    clips = [clip["clip_id"] for clip in live_clips(catalog, add_video_in_review(catalog, cuts=(50,)))]
    for clip_id, colour in zip(clips, ("green", "red"), strict=True):
        vectors = model.run(prepare_images([picture(colour)], model.manifest.preprocessing))
        embed_clip(catalog, clip_id, list(vectors))
    catalog.close()
    found = api.post("/search", {"image_key": upload(api, picture("red"))})
    assert found["model"] == "colour-layout"
    assert [item["clip_id"] for item in found["items"]] == clips[::-1]
    assert found["items"][0]["score"] == pytest.approx(1, abs=1e-4)


def test_a_text_is_answered_by_the_model_that_reads_none(api: ApiClient) -> None:
    with pytest.raises(ApiRefused, match="make models"):
        api.post("/search", {"text": "a red car"})


def test_what_is_no_picture_is_refused_by_name(api: ApiClient) -> None:
    with pytest.raises(ApiRefused, match="not a JPEG, PNG or WebP"):
        api.post("/search", {"image_key": upload(api, b"no picture at all")})


def test_a_body_of_another_size_than_announced_is_not_taken(api: ApiClient) -> None:
    answer = api.post("/search/images", {"content_type": "image/jpeg", "size_bytes": 5})
    request = urllib.request.Request(  # noqa: S310 - the local cloud's own address
        answer["upload_url"], data=b"longer than five", method="PUT", headers={"Content-Type": "image/jpeg"}
    )
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=30)  # noqa: S310
