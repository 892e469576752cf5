/** A sitting that follows the live view: what others do shows while the reviewer's own place and decisions stay. */

import type { Change } from "../api/types";
import { isPending } from "../domain/clips";
import type { Follower } from "./change-feed";
import type { Desk } from "./desk";
import type { Sitting } from "./sitting";

export function followSitting(sitting: Sitting): Follower {
  const { desk, supply } = sitting;
  return {
    show: "clips",
    videoId: desk.videoId,
    reload: () => (desk.state.value.phase === "ready" ? supply.refresh() : supply.load()),
    take: (changes) => take(sitting, changes),
    lose: () => undefined, // what is on the desk stays, and a decision that does not get through says so itself
  };
}

async function take({ desk, supply }: Sitting, changes: readonly Change[]): Promise<void> {
  if (desk.state.value.phase !== "ready") return;
  const mine = changes.filter((change) => desk.videoIds.includes(change.video_id));
  const toList = mine.filter((change) => change.clips === null || !isLoaded(desk, change.video_id));
  supply.hear(mine.flatMap((change) => (toList.includes(change) ? [] : (change.clips ?? []))));
  await supply.refresh(toList.map((change) => change.video_id));
  // A lease that ends is no change: a quiet answer is an occasion to look, too.
  if (desk.isDry && (changes.length === 0 || changes.some(mayBeToReview))) await supply.lookAgain();
}

/** A video that was opened before it was ready has neither pictures nor clips. */
function isLoaded(desk: Desk, videoId: string): boolean {
  return Boolean(desk.state.value.videos.get(videoId)?.proxy_url);
}

function mayBeToReview(change: Change): boolean {
  return change.clips?.some(isPending) ?? true;
}
