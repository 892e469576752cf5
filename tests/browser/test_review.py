"""A reviewer's work in a real browser on the whole local cloud."""

import random
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Stage
from tests.browser.numbered_video import CUTS, FRAME_COUNT, READ_NUMBER, SHOT_FRAMES
from tests.waiting import wait_until

PLAY_THROUGH = f"""
async () => {{
  const read = {READ_NUMBER};
  const seen = [];
  while (seen.length < 3 || seen.at(-1).drawn >= seen.at(-2).drawn) {{
    await new Promise(requestAnimationFrame);
    const now = read();
    if (now.drawn !== seen.at(-1)?.drawn) seen.push(now);
  }}
  return seen;
}}
"""
"""JavaScript: every frame that appears on the canvas until playing has gone round the clip once."""


def open_review(page: Page, video_id: str) -> None:
    page.goto(f"/#/review/{video_id}")
    wait_for_frame(page, None)


def wait_for_frame(page: Page, frame: int | None) -> None:
    """Wait until the player says that it shows `frame`, or any."""
    page.wait_for_selector("canvas[data-frame]" if frame is None else f'canvas[data-frame="{frame}"]')


def read_numbers(page: Page) -> tuple[int, int]:
    """The frame number in the picture, and the one that the player reports."""
    numbers = page.evaluate(READ_NUMBER)
    return numbers["drawn"], numbers["reported"]


def clip_states(stage: Stage, video_id: str) -> list[str]:
    return [clip["state"] for clip in stage.api.items(f"/videos/{video_id}/clips")]


def clip_button(page: Page, number: int) -> Any:
    return page.locator(".clip").nth(number)


def test_the_list_of_videos_shows_what_is_ready_and_why_something_failed(
    page: Page, stage: Stage, screenshots: Path
) -> None:
    page.goto("/")
    ready = page.locator(f'[data-video-id="{stage.seen}"]')
    expect(ready).to_contain_text("Ready to review")
    expect(ready.get_by_role("link")).to_have_text("Review 4 clips")
    failed = page.locator(f'[data-video-id="{stage.broken}"]')
    expect(failed).to_contain_text("Preparing failed")
    expect(failed).to_contain_text("UnsupportedMedia")
    page.screenshot(path=screenshots / "videos.png")
    ready.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("seen.mp4")


def test_every_frame_that_is_asked_for_is_the_one_in_the_picture(page: Page, stage: Stage) -> None:
    open_review(page, stage.seen)
    chance = random.Random(20_240)
    edges = (0, *CUTS, FRAME_COUNT)
    bar = page.get_by_role("slider")
    for _ in range(24):
        shot = chance.randrange(len(edges) - 1)
        frame = chance.randrange(edges[shot], edges[shot + 1])
        clip_button(page, shot).click()
        page.keyboard.press("Home")
        wait_for_frame(page, edges[shot])
        box = bar.bounding_box()
        assert box
        x = (frame - edges[shot] + 0.5) / SHOT_FRAMES * box["width"]
        bar.click(position={"x": x, "y": box["height"] / 2})
        wait_for_frame(page, frame)
        assert read_numbers(page) == (frame, frame)


def test_steps_go_to_the_very_next_frame_and_stop_at_the_ends_of_the_clip(page: Page, stage: Stage) -> None:
    open_review(page, stage.seen)
    start, last = CUTS[0], CUTS[1] - 1
    page.keyboard.press("j")
    wait_for_frame(page, start)
    steps = (
        ("ArrowRight", start + 1), ("ArrowRight", start + 2), ("Shift+ArrowRight", start + 12),
        ("ArrowLeft", start + 11), ("Shift+ArrowLeft", start + 1), ("Shift+ArrowLeft", start),
        ("End", last), ("Shift+ArrowRight", last), ("ArrowLeft", last - 1), ("Home", start),
    )  # fmt: skip
    for key, frame in steps:
        page.keyboard.press(key)
        wait_for_frame(page, frame)
        assert read_numbers(page) == (frame, frame)
        expect(page.locator("[data-readout=frame]")).to_have_text(str(frame))
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    wait_for_frame(page, start + 30)
    assert read_numbers(page) == (start + 30, start + 30)


def test_a_link_to_the_video_that_has_run_out_is_replaced(page: Page, stage: Stage) -> None:
    refused: list[str] = []

    def refuse_first(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=403, body="The link has expired.")

    page.route("**/proxy.mp4?*", refuse_first)
    open_review(page, stage.seen)
    assert refused
    assert read_numbers(page) == (0, 0)


def test_playing_goes_round_the_clip_and_names_every_picture_rightly(page: Page, stage: Stage) -> None:
    open_review(page, stage.seen)
    page.keyboard.press("j")
    wait_for_frame(page, CUTS[0])
    page.keyboard.press("]")
    page.keyboard.press(" ")
    seen = page.evaluate(PLAY_THROUGH)
    page.keyboard.press(" ")
    assert all(picture["drawn"] == picture["reported"] for picture in seen)
    assert {CUTS[0] <= picture["drawn"] < CUTS[1] for picture in seen} == {True}
    drawn = [picture["drawn"] for picture in seen[:-1]]
    assert drawn == sorted(drawn)


def test_a_small_window_shows_every_button(page: Page, stage: Stage) -> None:
    page.set_viewport_size({"width": 800, "height": 600})
    open_review(page, stage.seen)
    edges = page.eval_on_selector_all("button", "all => all.map(one => one.getBoundingClientRect().right)")
    assert max(edges) <= 800


def test_signing_out_gives_the_clips_back_and_signs_nobody_else_in(page: Page, stage: Stage) -> None:
    open_review(page, stage.seen)
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as given_back:
        page.get_by_role("button", name="Sign out").click()
    assert given_back.value.ok, "the lease ended in the name of the person who held it"
    expect(page.get_by_role("heading", name="Sign in to Heaters")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('heaters.session')") is None


def test_a_clip_that_somebody_else_decided_is_put_back_with_the_reason(page: Page, stage: Stage) -> None:
    """The page does not know of it yet: the request that would tell gets no answer."""
    page.route("**/api/changes?*cursor=*", lambda _: None)
    open_review(page, stage.seen)
    clip = next(stage.api.items(f"/videos/{stage.seen}/clips"))
    stage.api.post(f"/clips/{clip['clip_id']}/actions", {"action": "skip", "version": clip["version"]})
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_contain_text(
        "Somebody else changed the clip first: it is skipped now."
    )
    expect(clip_button(page, 0)).to_have_attribute("data-state", "review_skipped")
    expect(clip_button(page, 0)).to_have_attribute("aria-current", "true")
    assert clip_states(stage, stage.seen)[0] == "review_skipped"


def test_the_keys_are_listed_and_rest_while_the_list_is_open(
    page: Page, stage: Stage, screenshots: Path
) -> None:
    open_review(page, stage.seen)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Undo your last decision")
    page.screenshot(path=screenshots / "keys.png")
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    assert "review_archived" not in clip_states(stage, stage.seen)


def test_a_video_is_reviewed_by_key_and_button_undone_and_released(
    page: Page, stage: Stage, screenshots: Path
) -> None:
    open_review(page, stage.reviewed)
    page.keyboard.press("a")
    wait_for_frame(page, CUTS[0])
    page.get_by_role("button", name="Skip").click()
    wait_for_frame(page, CUTS[1])
    page.keyboard.press("x")
    wait_for_frame(page, CUTS[2])
    page.screenshot(path=screenshots / "review.png")
    page.keyboard.press("z")
    wait_for_frame(page, CUTS[1])
    expect(clip_button(page, 2)).to_have_attribute("data-state", "pending_review")
    expect(page.get_by_role("status")).to_contain_text("Undone")
    assert clip_states(stage, stage.reviewed) == [
        "review_approved", "review_skipped", "pending_review", "pending_review",
    ]  # fmt: skip

    page.get_by_role("button", name="Finish: release").click()
    expect(page.get_by_role("status")).to_contain_text("Released.")
    page.keyboard.press("x")
    page.keyboard.press("s")
    expect(clip_button(page, 0)).to_contain_text("Searchable", timeout=40_000)
    expect(clip_button(page, 2)).to_contain_text("Removed", timeout=40_000)
    wait_until(
        lambda: (
            clip_states(stage, stage.reviewed) == ["embedded", "review_skipped", "archived", "review_skipped"]
        ),
        "the clips to end as they were decided",
    )
    expect(page.get_by_role("link", name="Back to the videos")).to_be_visible()
    page.screenshot(path=screenshots / "released.png")
