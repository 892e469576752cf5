/** Which clips of a queue wait for the word to be processed. */

import type { ClipState, ReviewClip } from "./clips";

export interface Releasable {
  readonly clips: number;
  readonly videoIds: readonly string[];
}

const WAITING: ReadonlySet<ClipState> = new Set(["review_approved", "review_archived"]);

/** Clips that are decided, have something to be done about them and are in no wave yet; and their videos. */
export function findReleasable(clips: readonly ReviewClip[]): Releasable {
  const waiting = clips.filter((clip) => WAITING.has(clip.state));
  return { clips: waiting.length, videoIds: [...new Set(waiting.map((clip) => clip.video_id))] };
}
