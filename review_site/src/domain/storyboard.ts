/** Which tile of a video's storyboard stands for a frame: sheets of tiles in reading order, one every few seconds. */

import { frameToSeconds, type Rate } from "./timecode";

export interface Storyboard {
  readonly sheet_urls: readonly string[];
  readonly tile_width: number;
  readonly tile_height: number;
  readonly columns: number;
  readonly rows: number;
  readonly interval_s: number;
  readonly tile_count: number;
}

/** A tile by its sheet and its column and row on that sheet. */
export interface Tile {
  readonly sheetUrl: string;
  readonly column: number;
  readonly row: number;
}

/** The tile taken nearest to `frame`; null when the storyboard has none. */
export function tileAt(storyboard: Storyboard, frame: number, rate: Rate): Tile | null {
  const nearest = Math.round(frameToSeconds(frame, rate) / storyboard.interval_s);
  const at = Math.min(Math.max(nearest, 0), storyboard.tile_count - 1);
  const perSheet = storyboard.columns * storyboard.rows;
  const sheetUrl = storyboard.sheet_urls[Math.floor(at / perSheet)];
  if (at < 0 || sheetUrl === undefined) return null;
  const onSheet = at % perSheet;
  return { sheetUrl, column: onSheet % storyboard.columns, row: Math.floor(onSheet / storyboard.columns) };
}
