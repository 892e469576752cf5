import { expect, test } from "vitest";
import {
  changeSpeed,
  clampFrame,
  fractionOf,
  frameAt,
  framesElapsed,
  SPEEDS,
  wrapFrame,
} from "../../src/domain/timeline";

const clip = { start: 285, end: 378 };
const single = { start: 7, end: 8 };

test("the last frame of a clip is the one before its end", () => {
  expect(clampFrame(378, clip)).toBe(377);
  expect(clampFrame(0, clip)).toBe(285);
});

test("playing past the end goes on at the start, and before the start at the end", () => {
  expect(wrapFrame(378, clip)).toBe(285);
  expect(wrapFrame(284, clip)).toBe(377);
  expect(wrapFrame(285 + 93 * 5 + 2, clip)).toBe(287);
  expect(wrapFrame(1000, single)).toBe(7);
});

test("every frame lies on the bar where it is found again", () => {
  for (let frame = clip.start; frame < clip.end; frame += 1) {
    expect(frameAt(fractionOf(frame, clip), clip)).toBe(frame);
  }
});

test("places beyond the bar are its first and last frame", () => {
  expect(frameAt(-0.2, clip)).toBe(285);
  expect(frameAt(1, clip)).toBe(377);
  expect(frameAt(3, clip)).toBe(377);
});

test("speed changes how many frames pass, not their order", () => {
  const film = { numerator: 24, denominator: 1 };
  expect(framesElapsed(1000, film, 1)).toBe(24);
  expect(framesElapsed(1000, film, 0.25)).toBe(6);
  expect(framesElapsed(41, film, 1)).toBe(0);
});

test("changing speed walks the list of speeds and stops at its ends", () => {
  expect(changeSpeed(1, 1)).toBe(2);
  expect(changeSpeed(1, -1)).toBe(0.5);
  expect(changeSpeed(2, 1)).toBe(2);
  expect(changeSpeed(SPEEDS[0], -1)).toBe(SPEEDS[0]);
});
