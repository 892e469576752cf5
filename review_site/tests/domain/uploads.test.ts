import { expect, test } from "vitest";
import {
  advancePart,
  beginPart,
  countSentBytes,
  cutParts,
  failedPart,
  failPart,
  finishPart,
  formatBytes,
  isSent,
  listEtags,
  nextParts,
  type Parts,
  pauseMs,
  TRIES,
} from "../../src/domain/uploads";

const five = cutParts(45, 10);
const numbers = (parts: Parts) => parts.map((part) => part.number);
const sendAll = (parts: Parts) =>
  parts.reduce(
    (known, part) => finishPart(beginPart(known, part.number), part.number, `e${part.number}`),
    parts,
  );

test("the parts of a file cover it without gap or overlap", () => {
  expect(five.map((part) => [part.start, part.end])).toEqual([
    [0, 10],
    [10, 20],
    [20, 30],
    [30, 40],
    [40, 45],
  ]);
});

test("what the server has in full is not sent again, and what it has in part is", () => {
  const parts = cutParts(45, 10, [
    { part_number: 2, etag: "b", size_bytes: 10 },
    { part_number: 5, etag: "e", size_bytes: 4 },
  ]);
  expect(numbers(nextParts(parts))).toEqual([1, 3, 4]);
  expect(countSentBytes(parts)).toBe(10);
  expect(listEtags(parts)).toEqual([{ part_number: 2, etag: "b" }]);
});

test("three parts are under way at once, and the next begins when one is sent", () => {
  let parts: Parts = five;
  for (const part of nextParts(parts)) parts = beginPart(parts, part.number);
  expect(nextParts(parts)).toEqual([]);
  expect(numbers(nextParts(finishPart(parts, 2, "e2")))).toEqual([4]);
});

test("a part that failed is the next to be sent", () => {
  const parts = failPart(beginPart(five, 1), 1);
  expect(numbers(nextParts(parts))).toEqual([1, 2, 3]);
});

test("after so many failures nothing more begins until a person decides", () => {
  let parts: Parts = five;
  for (let tries = 0; tries < TRIES; tries += 1) parts = failPart(beginPart(parts, 2), 2);
  expect(failedPart(parts)?.number).toBe(2);
  expect(nextParts(parts)).toEqual([]);
});

test("progress counts what has left, forgets what failed and never exceeds the file", () => {
  let parts = advancePart(beginPart(five, 5), 5, 3);
  expect(countSentBytes(parts)).toBe(3);
  parts = advancePart(parts, 5, 99);
  expect(countSentBytes(parts)).toBe(5);
  expect(countSentBytes(failPart(parts, 5))).toBe(0);
  expect(countSentBytes(sendAll(five))).toBe(45);
});

test("progress that comes after the end of a part changes nothing", () => {
  const parts = finishPart(beginPart(five, 1), 1, "e1");
  expect(advancePart(parts, 1, 2)).toEqual(parts);
});

test("a file is sent when each of its parts is", () => {
  expect(isSent(five)).toBe(false);
  expect(isSent(sendAll(five))).toBe(true);
  expect(listEtags(sendAll(five)).map((part) => part.etag)).toEqual(["e1", "e2", "e3", "e4", "e5"]);
});

test("pauses grow and end growing", () => {
  expect([1, 2, 3, 20].map(pauseMs)).toEqual([500, 1000, 2000, 15_000]);
});

test.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [4_139_823, "4.1 MB"],
  [612_000_000, "612 MB"],
  [5e12, "5.0 TB"],
])("%d bytes read as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
