/** A sitting after cuts of a whole video came or went by the reviewer's own doing: its clips are listed again. */

import type { Clip } from "../api/types";
import { explainError, type Notice } from "./notices";
import type { Sitting } from "./sitting";

/** A video was cut anew: show its clips, take a lease on them, and let undo begin with that. */
export async function showNewCuts(sitting: Sitting, videoId: string, notice: Notice): Promise<void> {
  sitting.state.update({ queue: { ...sitting.state.value.queue, steps: [] } });
  try {
    await sitting.refresh([videoId]);
    await sitting.lookAgain();
    sitting.state.update({ notice });
  } catch (error) {
    sitting.state.update({ notice: { kind: "problem", text: explainError(error) } });
  }
}

/** What was undone changed `clips` and `leftOut` more; where cuts went with it, the clips before them come back. */
export async function showOldCuts(sitting: Sitting, clips: readonly Clip[], leftOut: number): Promise<void> {
  if (leftOut === 0 && !clips.some((clip) => clip.state === "superseded")) return;
  await sitting.refresh([...new Set(clips.map((clip) => clip.video_id))]);
  await sitting.lookAgain();
}
