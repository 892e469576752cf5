/** A sitting that follows the live view: what others do shows while the reviewer's own place and decisions stay. */

import type { Change } from "../api/types";
import { isPending } from "../domain/clips";
import type { Follower } from "./change-feed";
import type { Sitting } from "./sitting";

export function followSitting(sitting: Sitting): Follower {
  return {
    show: "clips",
    videoId: sitting.videoId,
    reload: () => (sitting.state.value.phase === "ready" ? sitting.refresh() : sitting.load()),
    take: (changes) => take(sitting, changes),
    lose: () => undefined, // what is on the desk stays, and a decision that does not get through says so itself
  };
}

async function take(sitting: Sitting, changes: readonly Change[]): Promise<void> {
  if (sitting.state.value.phase !== "ready") return;
  const mine = changes.filter((change) => sitting.videoIds.includes(change.video_id));
  const toList = mine.filter((change) => change.clips === null || !isLoaded(sitting, change.video_id));
  sitting.hear(mine.flatMap((change) => (toList.includes(change) ? [] : (change.clips ?? []))));
  await sitting.refresh(toList.map((change) => change.video_id));
  // A lease that ends is no change: a quiet answer is an occasion to look, too.
  if (sitting.isDry && (changes.length === 0 || changes.some(mayBeToReview))) await sitting.lookAgain();
}

/** A video that was opened before it was ready has neither pictures nor clips. */
function isLoaded(sitting: Sitting, videoId: string): boolean {
  return Boolean(sitting.state.value.videos.get(videoId)?.proxy_url);
}

function mayBeToReview(change: Change): boolean {
  return change.clips?.some(isPending) ?? true;
}
