import { expect, test } from "vitest";
import {
  describeChange,
  describeWhole,
  type Proposal,
  readShortest,
  sensitivityOf,
  strokesAt,
  thresholdAt,
} from "../../src/domain/redetection";

const proposal = (change: Partial<Proposal> = {}): Proposal => ({
  cut_count: 2,
  added: [],
  removed: [],
  kept: [],
  ...change,
});

test.each([
  [[], [], "No cut would change"],
  [[1], [], "1 cut more"],
  [[], [1, 2, 3], "3 cuts fewer"],
  [[1, 2], [3], "2 cuts more, 1 fewer"],
])("adding %j and removing %j reads %j", (added, removed, words) => {
  expect(describeChange(proposal({ added, removed }))).toBe(words);
});

test("what stays is counted in clips", () => {
  expect(describeWhole(proposal())).toBe("3 clips in all");
  const kept = [{ clip_count: 1 }, { clip_count: 2 }];
  expect(describeWhole(proposal({ kept }))).toBe("3 clips in all, 3 reviewed clips kept");
});

test("every place on the slider is a threshold that leads back to it, lower to the right", () => {
  const thresholds = Array.from({ length: 101 }, (_, place) => thresholdAt(place));
  expect(thresholds.map(sensitivityOf)).toEqual(Array.from({ length: 101 }, (_, place) => place));
  expect([...thresholds].sort((one, other) => other - one)).toEqual(thresholds);
  expect([thresholds[0], thresholds[100]]).toEqual([20, 1]);
});

test.each([
  ["0.6", 0.6],
  ["0", 0],
  ["30", 30],
  ["", null],
  ["-1", null],
  ["31", null],
  ["x", null],
])("the length %j is read as %j", (text, seconds) => {
  expect(readShortest(text)).toBe(seconds);
});

test("strokes stand where their frames are", () => {
  expect(strokesAt([25, 50], 100, 1000)).toBe("M250.00 0v1M500.00 0v1");
});
