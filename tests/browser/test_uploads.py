"""Uploading in a real browser: from the chosen file to the video in the list, whatever happens to a part on the way."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from local_cloud.machine.settings import REPOSITORY
from tests.browser.conftest import Stage
from tests.browser.numbered_video import write_numbered_video
from tests.waiting import wait_until

REAL_VIDEO = REPOSITORY.parent / "shared" / "media" / "car_detection.mp4"
PART_BYTES = 16 * 1024**2
SLOW_MS = 120_000


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of three parts: an MP4 may have any number of bytes behind its last box."""
    path = write_numbered_video(tmp_path_factory.mktemp("film") / "Unser Film <3.mp4")
    size = 2 * PART_BYTES + 4321 - path.stat().st_size
    with path.open("ab") as file:
        file.write(size.to_bytes(4, "big") + b"free" + bytes(size - 8))
    return path


def choose(page: Page, path: Path) -> None:
    page.get_by_label("Upload videos").set_input_files(path)


def find_title(stage: Stage, title: str) -> dict[str, object] | None:
    return next((video for video in stage.api.items("/videos") if video["title"] == title), None)


def test_a_chosen_file_becomes_a_video_in_the_list(
    page: Page, stage: Stage, screenshots: Path, film: Path
) -> None:
    path = REAL_VIDEO if REAL_VIDEO.exists() else film
    page.goto("/")
    choose(page, path)
    row = page.locator(".upload")
    expect(row).to_contain_text("Uploaded", timeout=SLOW_MS)
    listed = page.locator(".video", has_text=path.name)
    expect(listed).to_contain_text("Review", timeout=SLOW_MS)
    page.screenshot(path=screenshots / "uploaded.png")
    row.get_by_role("button", name="Dismiss").click()
    expect(row).to_have_count(0)


def test_a_part_that_fails_is_sent_again_by_itself_and_the_bytes_are_the_file_s(
    page: Page, stage: Stage, film: Path
) -> None:
    refused: list[str] = []

    def refuse_first(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=503, body="")

    page.route("**/*partNumber=2*", refuse_first)
    page.goto("/")
    choose(page, film)
    expect(page.locator(".upload")).to_have_attribute("data-phase", "done", timeout=SLOW_MS)
    assert refused
    video = wait_until(lambda: find_title(stage, film.name), "the film in the list")
    assert video["error"] is None


def test_after_a_lasting_failure_and_a_reload_only_what_is_missing_is_sent(
    page: Page, stage: Stage, screenshots: Path, film: Path
) -> None:
    again = film.with_name("again.mp4")
    again.write_bytes(film.read_bytes())
    page.clock.install()
    page.route("**/*partNumber=3*", lambda route: route.fulfill(status=500, body=""))
    page.goto("/")
    choose(page, again)
    row = page.locator(".upload")

    def has_failed() -> bool:
        page.clock.run_for(1000)
        return row.get_attribute("data-phase") == "failed"

    wait_until(has_failed, "the upload to fail")
    expect(row).to_contain_text("Part 3 could not be sent. The storage answered 500. What was sent is kept.")
    page.screenshot(path=screenshots / "upload-failed.png")
    page.unroute("**/*partNumber=3*")
    page.reload()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    choose(page, again)
    expect(row).to_have_attribute("data-phase", "done", timeout=SLOW_MS)
    assert [url.split("partNumber=")[1].split("&")[0] for url in sent] == ["3"]
    assert find_title(stage, "again.mp4")


def test_a_file_is_dropped_and_cancelled(page: Page, stage: Stage, screenshots: Path) -> None:
    page.route("**/*partNumber=*", lambda _route: None)
    page.goto("/")
    expect(page.get_by_role("heading", name="Videos")).to_be_visible()
    transfer = page.evaluate_handle(
        """() => {
          const dropped = new DataTransfer();
          dropped.items.add(new File([new Uint8Array(3e7)], "dropped.mp4"));
          return dropped;
        }"""
    )
    page.dispatch_event(".videos", "dragover", {"dataTransfer": transfer})
    expect(page.locator(".videos--drop")).to_be_visible()
    page.dispatch_event(".videos", "drop", {"dataTransfer": transfer})
    row = page.locator(".upload")
    expect(row).to_contain_text("Uploading", timeout=SLOW_MS)
    page.screenshot(path=screenshots / "uploading.png")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as given_up:
        row.get_by_role("button", name="Cancel").click()
    assert given_up.value.ok
    expect(row).to_have_count(0)
    assert find_title(stage, "dropped.mp4") is None
