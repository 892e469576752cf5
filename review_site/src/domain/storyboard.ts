/** Which tile of a video's storyboard stands for a clip: sheets of tiles in reading order, one every few seconds. */

import { frameToSeconds, type Rate } from "./timecode";
import type { FrameRange } from "./timeline";

/** Every sheet but the last is full; the last ends with its last row of tiles. */
export interface Storyboard {
  readonly sheet_urls: readonly string[];
  readonly tile_width: number;
  readonly tile_height: number;
  readonly columns: number;
  readonly rows: number;
  readonly interval_s: number;
  readonly tile_count: number;
}

/** A tile by its column and row on a sheet of `rows` rows. */
export interface Tile {
  readonly sheetUrl: string;
  readonly column: number;
  readonly row: number;
  readonly rows: number;
}

/** The tile nearest to the middle of the clip, from inside the clip if there is one; null without tiles. */
export function tileFor(storyboard: Storyboard, range: FrameRange, rate: Rate): Tile | null {
  const { interval_s, tile_count, columns, rows, sheet_urls } = storyboard;
  const middle = Math.round(frameToSeconds((range.start + range.end) / 2, rate) / interval_s);
  const first = Math.ceil(frameToSeconds(range.start, rate) / interval_s);
  const last = Math.floor(frameToSeconds(range.end - 1, rate) / interval_s);
  const wanted = first <= last ? clamp(middle, first, last) : middle;
  const at = clamp(wanted, 0, tile_count - 1);
  const sheet = Math.floor(at / (columns * rows));
  const sheetUrl = sheet_urls[sheet];
  if (tile_count < 1 || sheetUrl === undefined) return null;
  const onSheet = at - sheet * columns * rows;
  const rowsHere = Math.min(rows, Math.ceil((tile_count - sheet * columns * rows) / columns));
  return { sheetUrl, column: onSheet % columns, row: Math.floor(onSheet / columns), rows: rowsHere };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
