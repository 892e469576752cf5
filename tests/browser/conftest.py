"""Fixtures of the browser's tests: the whole local cloud with videos in review, and Chromium in front of it."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from local_cloud.cloud import LocalCloud, start_local_cloud
from local_cloud.commands.api_client import ApiClient
from local_cloud.machine.settings import REPOSITORY, LocalSettings
from tests.browser.numbered_video import write_numbered_video
from tests.waiting import wait_until

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The running cloud, an API client in a second reviewer's name, and the ids of what was uploaded."""

    url: str
    api: ApiClient
    seen: str
    reviewed: str
    broken: str


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Two numbered videos in review, `seen` to look at and `reviewed` to decide on, and a `broken` one."""
    _build_site()
    with tempfile.TemporaryDirectory(prefix="heaters-test-") as name:
        folder = Path(name)
        settings = LocalSettings(
            home=folder / "home",
            synth_cache=REPOSITORY / ".heaters" / "cdk",
            overrides=(("HEATERS_UNDO_WINDOW_S", "1"),),
        )
        with start_local_cloud(settings) as cloud:
            yield _set_stage(cloud, folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, stage: Stage) -> Iterator[Page]:
    """A fresh signed-out tab, under CloudFront's headers. Anything the browser complains of fails the test."""
    with _open_page(browser, stage) as page:
        yield page


@pytest.fixture
def other_page(browser: Browser, stage: Stage) -> Iterator[Page]:
    """A tab of another browser, in which the reviewer is signed in instead of the operator."""
    with _open_page(browser, stage) as page:
        page.goto("/")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("User name").fill("reviewer")
        page.get_by_label("Password").fill(page.request.get("/config.json").json()["localUser"]["password"])
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.locator(".bar__person").get_by_text("reviewer").wait_for()
        yield page


@contextmanager
def _open_page(browser: Browser, stage: Stage) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800}, base_url=stage.url)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda said: complaints.append(said.text) if _is_complaint(said.text, said.type) else None
    )
    page.set_default_timeout(60_000)
    yield page
    page.close()
    assert complaints == []


@pytest.fixture
def screenshots() -> Path:
    """Where pictures of the pages are left for people to look at."""
    folder = REPOSITORY / ".heaters" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _set_stage(cloud: LocalCloud, folder: Path) -> Stage:
    video = write_numbered_video(folder / "numbered.mp4")
    text = folder / "notes.mp4"
    text.write_text("This is a list of shots and no video.\n" * 40)
    s3 = cloud.client("s3")
    for title, path in (("seen", video), ("reviewed", video), ("broken", text)):
        s3.upload_file(str(path), cloud.bucket, f"uploads/browser/{title}.mp4")
    api = ApiClient(f"{cloud.url}/api", lambda: cloud.sign_in.token("reviewer"))
    ids = wait_until(lambda: _find_settled(api), "two videos in review and one that failed", deadline_s=240)
    return Stage(url=cloud.url, api=api, seen=ids["seen"], reviewed=ids["reviewed"], broken=ids["broken"])


def _find_settled(api: ApiClient) -> dict[str, str]:
    """The ids by title, once every video has come as far as it goes without a reviewer."""
    videos = {video["title"].removesuffix(".mp4"): video for video in api.get("/videos")["items"]}
    states = {title: video["state"] for title, video in videos.items()}
    wanted = {"seen": "in_review", "reviewed": "in_review", "broken": "preprocess_failed"}
    return {title: video["video_id"] for title, video in videos.items()} if states == wanted else {}


def _build_site() -> None:
    site = REPOSITORY / "review_site"
    if not (site / "dist" / "index.html").exists():
        subprocess.run(["npm", "--prefix", str(site), "run", "build"], check=True)


def _is_complaint(text: str, kind: str) -> bool:
    """Refused requests are part of the tests; the browser logs them as errors on its own."""
    return kind == "error" and not text.startswith("Failed to load resource")
