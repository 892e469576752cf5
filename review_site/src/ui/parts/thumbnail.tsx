/** A still of a clip, cut from the storyboard's sheets. Keeps its size whether or not there is a picture. */

import { useEffect, useState } from "preact/hooks";
import { loadSheet } from "../../api/sheets";
import { type Storyboard, tileFor } from "../../domain/storyboard";
import type { Rate } from "../../domain/timecode";
import type { FrameRange } from "../../domain/timeline";

interface ThumbnailProps {
  readonly storyboard: Storyboard | null;
  readonly range: FrameRange;
  readonly rate: Rate;
}

export function Thumbnail({ storyboard, range, rate }: ThumbnailProps) {
  const tile = storyboard && tileFor(storyboard, range, rate);
  const [picture, setPicture] = useState<string | null>(null);
  const sheetUrl = tile?.sheetUrl ?? null;
  useEffect(() => {
    let wanted = sheetUrl !== null;
    if (sheetUrl)
      loadSheet(sheetUrl).then(
        (url) => wanted && setPicture(url),
        () => undefined,
      );
    return () => {
      wanted = false;
    };
  }, [sheetUrl]);

  if (!storyboard || !tile || !picture) return <span class="thumbnail" aria-hidden="true" />;
  const { columns, tile_width, tile_height } = storyboard;
  return (
    <span class="thumbnail" aria-hidden="true">
      <span
        class="thumbnail__tile"
        style={{
          aspectRatio: `${tile_width} / ${tile_height}`,
          backgroundImage: `url("${picture}")`,
          backgroundSize: `${columns * 100}% ${tile.rows * 100}%`,
          backgroundPosition: `${place(tile.column, columns)} ${place(tile.row, tile.rows)}`,
        }}
      />
    </span>
  );
}

/** CSS counts a background's place in what it overhangs by: the first tile is at 0 %, the last at 100 %. */
function place(index: number, count: number): string {
  return count > 1 ? `${(index / (count - 1)) * 100}%` : "0%";
}
