/** The buttons that step and play, and the speed. */

import { CommandButton } from "../commands/command-button";
import type { Seat } from "../commands/seat";

interface TransportProps {
  readonly seat: Seat;
  readonly isPlaying: boolean;
  readonly speed: number;
}

export function Transport({ seat, isPlaying, speed }: TransportProps) {
  const step = { seat, kind: "transport__step", isSign: true } as const;
  return (
    <div class="transport" role="toolbar" aria-label="Look">
      <CommandButton command="back-10" {...step} />
      <CommandButton command="back-1" {...step} />
      <CommandButton command="play" seat={seat} kind="transport__play">
        {isPlaying ? "Pause" : "Play"}
      </CommandButton>
      <CommandButton command="forward-1" {...step} />
      <CommandButton command="forward-10" {...step} />
      <span class="transport__speed">{speed} ×</span>
    </div>
  );
}
