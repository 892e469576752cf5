import { expect, test } from "vitest";
import { Attention, type Page } from "../../src/review/attention";

const MINUTE_MS = 60_000;

/** A page and a clock that are moved by hand. */
function openPage() {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" as DocumentVisibilityState });
  const clock = { nowMs: 0 };
  const attention = new Attention(page as Page, () => clock.nowMs);
  const touch = (kind: string) => page.dispatchEvent(new Event(kind));
  const show = (state: DocumentVisibilityState) => {
    page.visibilityState = state;
    touch("visibilitychange");
  };
  return { attention, clock, touch, show };
}

test("somebody is there for ten minutes after the last touch", () => {
  const { attention, clock, touch } = openPage();
  clock.nowMs = 9 * MINUTE_MS;
  touch("keydown");
  clock.nowMs = 18.9 * MINUTE_MS;
  expect(attention.isThere).toBe(true);
  clock.nowMs = 19.1 * MINUTE_MS;
  expect(attention.isThere).toBe(false);
});

test("nobody is there while the page is hidden, and somebody is when it shows again", () => {
  const { attention, clock, show } = openPage();
  show("hidden");
  expect(attention.isThere).toBe(false);
  clock.nowMs = 60 * MINUTE_MS;
  show("visible");
  expect(attention.isThere).toBe(true);
});

test("waiting ends at once while somebody is there, and else with the next touch", async () => {
  const { attention, clock, touch } = openPage();
  const open = new AbortController().signal;
  await attention.wait(open);
  clock.nowMs = 11 * MINUTE_MS;
  let came = false;
  const waiting = attention.wait(open).then(() => {
    came = true;
  });
  await Promise.resolve();
  expect(came).toBe(false);
  touch("pointermove");
  await waiting;
  expect(came).toBe(true);
});

test("waiting ends with whoever waits", async () => {
  const { attention, show } = openPage();
  const ended = new AbortController();
  show("hidden");
  const waiting = attention.wait(ended.signal);
  ended.abort();
  await waiting;
  expect(attention.isThere).toBe(false);
});

test("hiding the page ends what is under way, and not what begins after", () => {
  const { attention, show } = openPage();
  const before = attention.untilHidden;
  show("hidden");
  show("visible");
  expect(before.aborted).toBe(true);
  expect(attention.untilHidden.aborted).toBe(false);
});
