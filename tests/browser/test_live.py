"""Two people at once: what one does shows on the other's page by itself, and leaves the other where he is."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Stage
from tests.browser.numbered_video import CUTS
from tests.waiting import wait_until

PATIENCE_MS = 10_000
"""Half of what a request waits for news: whoever was only told when that was over, would be too late. Told within a
second is what a quiet machine shows; tests run on busy ones."""

DECISIONS = (("a", "review_approved"), ("s", "review_skipped"), ("x", "review_archived"))

NOTE_CHANGES = """
() => {
  window.seen = [];
  const note = (records) => {
    for (const { target } of records) {
      const at = Date.now();
      window.seen.push({ clip: target.dataset.clipId, state: target.dataset.state, at });
    }
  };
  new MutationObserver(note).observe(document, { subtree: true, attributeFilter: ["data-state"] });
  addEventListener("keydown", () => { window.pressed = Date.now(); }, true);
}
"""
"""JavaScript: from now on remember when which clip took which state on this page, and when a key was last pressed."""

COUNT_REQUESTS = """
  window.asked = 0;
  window.underWay = 0;
  window.mostUnderWay = 0;
  const send = window.fetch;
  window.fetch = (url, options) => {
    if (!String(url).includes("/api/changes")) return send(url, options);
    window.asked += 1;
    window.underWay += 1;
    window.mostUnderWay = Math.max(window.mostUnderWay, window.underWay);
    return send(url, options).finally(() => { window.underWay -= 1; });
  };
"""
"""JavaScript: count the requests for changes that the page has made, and the most that were under way at once."""


def open_review(page: Page, video_id: str) -> None:
    page.goto(f"/#/review/{video_id}")
    page.wait_for_selector("canvas[data-frame]")


def read_clip(stage: Stage, video_id: str, number: int) -> Any:
    """The clip of that number in the order of frames; a page lists those first that are to be reviewed."""
    return list(stage.api.items(f"/videos/{video_id}/clips"))[number]


def skip(stage: Stage, clip: Any) -> None:
    stage.api.post(f"/clips/{clip['clip_id']}/actions", {"action": "skip", "version": clip["version"]})


def button_of(page: Page, clip: Any) -> Any:
    return page.locator(f'[data-clip-id="{clip["clip_id"]}"]')


def test_what_one_decides_the_other_sees(
    page: Page, other_page: Page, stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    """And the other stays at the clip and the frame that he looks at."""
    theirs, mine = read_clip(stage, stage.seen, 1), read_clip(stage, stage.seen, 3)
    open_review(page, stage.seen)
    button_of(page, mine).click()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(f'canvas[data-frame="{CUTS[2] + 1}"]')
    open_review(other_page, stage.seen)
    for each in (page, other_page):
        each.evaluate(NOTE_CHANGES)
    delays_ms = []
    for key, state in [*DECISIONS, *DECISIONS]:
        button_of(other_page, theirs).click()
        other_page.keyboard.press(key)
        expect(button_of(page, theirs)).to_have_attribute("data-state", state, timeout=PATIENCE_MS)
        delays_ms.append(page.evaluate("window.seen.at(-1).at") - other_page.evaluate("window.pressed"))
    record_property("seen_after_ms", delays_ms)
    assert max(delays_ms) < PATIENCE_MS
    expect(button_of(page, mine)).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-readout=frame]")).to_have_text(str(CUTS[2] + 1))


def test_an_undo_shows_on_the_open_clip_with_a_sentence(page: Page, other_page: Page, stage: Stage) -> None:
    clip = read_clip(stage, stage.seen, 2)
    open_review(page, stage.seen)
    open_review(other_page, stage.seen)
    for each in (page, other_page):
        button_of(each, clip).click()
    other_page.keyboard.press("s")
    expect(button_of(page, clip)).to_have_attribute("data-state", "review_skipped", timeout=PATIENCE_MS)
    expect(page.get_by_role("status")).to_contain_text("it is skipped now")
    other_page.keyboard.press("z")
    expect(button_of(page, clip)).to_have_attribute("data-state", "pending_review", timeout=PATIENCE_MS)
    expect(page.get_by_role("status")).to_contain_text("it is back to review now")
    expect(button_of(page, clip)).to_have_attribute("aria-current", "true")


def test_a_clip_that_somebody_cuts_becomes_two_on_the_page(page: Page, stage: Stage) -> None:
    clip = read_clip(stage, stage.reviewed, 0)
    open_review(page, stage.reviewed)
    button_of(page, clip).click()
    stage.api.post(f"/videos/{stage.reviewed}/cuts", {"op": "add", "frame": 10, "version": clip["version"]})
    expect(page.locator(".clip")).to_have_count(5, timeout=PATIENCE_MS)
    half = button_of(page, read_clip(stage, stage.reviewed, 0))
    expect(half).to_contain_text("10 frames")
    expect(half).to_have_attribute("aria-current", "true")
    stage.api.post("/undo")
    expect(page.locator(".clip")).to_have_count(4, timeout=PATIENCE_MS)


def test_the_list_of_videos_counts_along(page: Page, stage: Stage) -> None:
    page.goto("/")
    row = page.locator(f'[data-video-id="{stage.reviewed}"]')
    expect(row).to_contain_text("4 to review")
    skip(stage, read_clip(stage, stage.reviewed, 0))
    expect(row).to_contain_text("1 skipped", timeout=PATIENCE_MS)
    expect(row.get_by_role("link")).to_have_text("Review 3 clips")


def test_a_page_has_one_request_for_changes_under_way(page: Page, stage: Stage) -> None:
    """However often it goes from view to view; and it goes on asking in each."""
    page.add_init_script(COUNT_REQUESTS)
    page.goto("/")
    for _ in range(4):
        page.goto("/#/videos")
        page.wait_for_selector(".video")
        open_review(page, stage.seen)
        open_review(page, stage.reviewed)
    wait_until(lambda: page.evaluate("window.asked") > 12, "each view to ask")
    assert page.evaluate("window.mostUnderWay") == 1


def test_a_page_that_is_hidden_asks_for_nothing(page: Page, stage: Stage) -> None:
    """It goes on where it was when it is shown again, and has missed nothing."""
    page.add_init_script(COUNT_REQUESTS)
    open_review(page, stage.seen)
    wait_until(lambda: page.evaluate("window.underWay") == 1, "the page to ask for changes")
    page.evaluate(
        """() => {
          Object.defineProperty(document, "visibilityState", { get: () => window.looks ?? "hidden" });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    wait_until(lambda: page.evaluate("window.underWay") == 0, "the page to ask no more")
    asked = page.evaluate("window.asked")
    clip = read_clip(stage, stage.seen, 3)
    skip(stage, clip)
    assert page.evaluate("window.asked") == asked
    page.evaluate(
        """() => { window.looks = "visible"; document.dispatchEvent(new Event("visibilitychange")); }"""
    )
    expect(button_of(page, clip)).to_have_attribute("data-state", "review_skipped", timeout=PATIENCE_MS)
