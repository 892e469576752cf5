/** What commands act on: everything that a reviewer at the desk has within reach. */

import type { Store } from "../../domain/store";
import type { FramePlayer } from "../../player/frame-player";
import type { Sitting } from "../../review/sitting";

/** Which panels of the desk are open. */
export interface Panels {
  readonly cuts: boolean;
  readonly help: boolean;
}

export interface Seat {
  readonly sitting: Pick<Sitting, "desk" | "decisions">;
  /** Null while there is no picture to play. */
  readonly player: Pick<FramePlayer, "toggle" | "step" | "goTo" | "changeSpeed"> | null;
  readonly panels: Store<Panels>;
}
