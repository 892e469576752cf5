"""Finding more or fewer cuts in a real browser: shown on the strip, applied, undone, all by key."""

import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Stage
from tests.browser.numbered_video import CUTS
from tests.waiting import wait_until

LONGEST_CUT = CUTS[1]
"""What is left of the cuts when, by the adaptive rule alone, no clip may be shorter than three seconds."""


def open_panel(page: Page, video_id: str) -> None:
    page.goto(f"/#/review/{video_id}")
    page.wait_for_selector("canvas[data-frame]")
    page.keyboard.press("d")
    expect(page.locator(".sensitivity__change")).to_have_text("No cut would change")


def cuts(stage: Stage, video_id: str) -> list[int]:
    return [clip["start_frame"] for clip in stage.api.items(f"/videos/{video_id}/clips")][1:]


def count_open_requests(page: Page) -> Callable[[], int]:
    """The most detections that this page has had under way at once so far."""
    under_way: set[Request] = set()
    most = [0]

    def begin(request: Request) -> None:
        if request.url.endswith("/detect"):
            under_way.add(request)
            most[0] = max(most[0], len(under_way))

    def end(request: Request) -> None:
        under_way.discard(request)

    page.on("request", begin)
    page.on("requestfinished", end)
    page.on("requestfailed", end)
    return lambda: most[0]


def test_fewer_cuts_are_shown_then_applied_and_undone_by_key(
    page: Page, stage: Stage, screenshots: Path
) -> None:
    open_panel(page, stage.reviewed)
    picture = page.locator("canvas").bounding_box()
    expect(page.get_by_role("slider", name="Sensitivity")).to_be_focused()
    page.keyboard.press("Tab")
    page.locator(".sensitivity__detector select").select_option("adaptive")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    expect(page.locator(".sensitivity__change")).to_have_text("2 cuts fewer")
    expect(page.locator(".sensitivity__whole")).to_have_text("2 clips in all")
    page.screenshot(path=screenshots / "sensitivity.png")
    assert page.locator("canvas").bounding_box() == picture, "nothing moved"
    assert cuts(stage, stage.reviewed) == list(CUTS), "it was only shown"

    page.keyboard.press("Enter")
    expect(page.locator(".desk__notice")).to_have_text("Cut anew: 2 cuts fewer. One undo takes it back.")
    expect(page.locator(".clip")).to_have_count(2)
    assert cuts(stage, stage.reviewed) == [LONGEST_CUT]
    page.keyboard.press("Escape")
    expect(page.locator(".sensitivity")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.locator(".clip")).to_have_count(4)
    wait_until(lambda: cuts(stage, stage.reviewed) == list(CUTS), "the cuts to be back")
    page.keyboard.press("a")
    expect(page.locator('.clip[data-state="review_approved"]')).to_have_count(1)


def test_a_slider_that_is_dragged_has_one_request_under_way(page: Page, stage: Stage) -> None:
    most = count_open_requests(page)
    open_panel(page, stage.seen)
    slider = page.get_by_role("slider", name="Sensitivity")
    box = slider.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(40):
        page.mouse.move(box["x"] + box["width"] * (0.5 + step / 100), box["y"] + box["height"] / 2)
    page.mouse.up()
    expect(page.locator(".sensitivity__threshold")).to_have_text("1.3")
    expect(page.locator('.sensitivity__change[data-asking="false"]')).to_have_text("No cut would change")
    assert most() == 1


def test_a_clip_is_played_as_a_file_of_its_own(stage: Stage) -> None:
    clip = next(stage.api.items(f"/videos/{stage.seen}/clips"))
    played = stage.api.post(f"/clips/{clip['clip_id']}/playback", {})
    with urllib.request.urlopen(played["url"]) as answer:  # noqa: S310 - it is our own bucket
        body = answer.read()
    assert len(body) == played["size_bytes"]
    assert body[4:8] == b"ftyp"
