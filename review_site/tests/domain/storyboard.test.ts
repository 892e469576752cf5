import { expect, test } from "vitest";
import { type Storyboard, tileFor } from "../../src/domain/storyboard";

const film = { numerator: 24, denominator: 1 };
const board: Storyboard = {
  sheet_urls: ["first", "second"],
  tile_width: 320,
  tile_height: 180,
  columns: 5,
  rows: 2,
  interval_s: 1,
  tile_count: 13,
};
const seconds = (start: number, end: number) => ({ start: start * 24, end: end * 24 });

test("a clip is shown by the tile in its middle", () => {
  expect(tileFor(board, seconds(4, 10), film)).toEqual({ sheetUrl: "first", column: 2, row: 1, rows: 2 });
});

test("the last sheet ends with its last row of tiles", () => {
  expect(tileFor(board, seconds(11, 13), film)).toEqual({ sheetUrl: "second", column: 2, row: 0, rows: 1 });
});

test("a tile from inside the clip is preferred to a nearer one outside", () => {
  const range = { start: 3 * 24, end: 3 * 24 + 23 };
  expect(tileFor(board, range, film)?.column).toBe(3);
});

test("a clip between two tiles takes the nearer", () => {
  expect(tileFor(board, { start: 26, end: 34 }, film)?.column).toBe(1);
});

test("a storyboard without tiles shows nothing", () => {
  expect(tileFor({ ...board, sheet_urls: [], tile_count: 0 }, seconds(0, 1), film)).toBeNull();
});
