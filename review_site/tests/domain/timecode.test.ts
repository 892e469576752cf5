import { expect, test } from "vitest";
import {
  formatDuration,
  formatRate,
  formatRemaining,
  formatTimecode,
  frameToSeconds,
  parseRate,
} from "../../src/domain/timecode";

const film = { numerator: 24, denominator: 1 };
const ntsc = { numerator: 30000, denominator: 1001 };

test.each([
  ["24/1", film],
  ["30000/1001", ntsc],
  ["25", { numerator: 25, denominator: 1 }],
])("the rate %s is read as a fraction", (text, rate) => {
  expect(parseRate(text)).toEqual(rate);
});

test.each(["", "0/1", "24/0", "-24/1", "24/1/1", "film", "23.976"])("%j is not a rate", (text) => {
  expect(parseRate(text)).toBeNull();
});

test.each([
  [0, film, "00:00:00:00"],
  [23, film, "00:00:00:23"],
  [24, film, "00:00:01:00"],
  [24 * 3661 + 5, film, "01:01:01:05"],
  [30, ntsc, "00:00:01:00"],
  [119, { numerator: 120, denominator: 1 }, "00:00:00:119"],
])("frame %i is written in non-drop timecode", (frame, rate, text) => {
  expect(formatTimecode(frame, rate)).toBe(text);
});

test("the time of a frame keeps the exact rate over two hours", () => {
  expect(frameToSeconds(215_784, ntsc)).toBeCloseTo(7199.9928, 9);
});

test.each([
  [film, "24 fps"],
  [ntsc, "29.97 fps"],
  [{ numerator: 24000, denominator: 1001 }, "23.98 fps"],
])("a rate is shown with at most two decimals", (rate, text) => {
  expect(formatRate(rate)).toBe(text);
});

test.each([
  [3.875, "3.9 s"],
  [59.96, "1:00 min"],
  [65, "1:05 min"],
  [7390, "2:03:10 h"],
])("%d seconds are a length that people read", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [2, "a few seconds left"],
  [12, "about 15 s left"],
  [90, "about 2 min left"],
  [5400, "about 1.5 h left"],
])("%d seconds to go are rounded as coarsely as the guess is", (seconds, text) => {
  expect(formatRemaining(seconds)).toBe(text);
});
