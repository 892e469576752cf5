import { expect, test } from "vitest";
import { advance, frameOf, showable, startClock, waitForFrames } from "../../src/domain/play-clock";

const clip = { start: 100, end: 110 };
const film = { numerator: 25, denominator: 1 };
const clock = startClock({ range: clip, rate: film, speed: 1, base: 104, startedMs: 1000 });

test("nothing is due before the time of one frame has passed", () => {
  expect(showable(clock, 1039)).toEqual([]);
  expect(showable(clock, 1040)).toEqual([1]);
});

test("a late tick prefers the frame that is due to those that were missed", () => {
  expect(showable(clock, 1120)).toEqual([3, 2, 1]);
});

test("what was shown is not shown again", () => {
  expect(showable(advance(clock, 2), 1120)).toEqual([3]);
  expect(showable(advance(clock, 3), 1120)).toEqual([]);
});

test("playing goes round the clip", () => {
  expect([5, 6, 15, 16].map((offset) => frameOf(clock, offset))).toEqual([109, 100, 109, 100]);
});

test("the clock waits for a picture that stays away, and goes on from it", () => {
  const waiting = waitForFrames(advance(clock, 2), 1000 + 40 * 60);
  expect(frameOf(waiting, 0)).toBe(106);
  expect(showable(waiting, 1000 + 40 * 61)).toEqual([1]);
});

test("a small lag does not stop the clock", () => {
  expect(waitForFrames(clock, 1000 + 40 * 5)).toBe(clock);
});
