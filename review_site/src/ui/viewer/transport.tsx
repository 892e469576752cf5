/** The buttons that step and play, and the speed. */

import { CommandButton } from "../commands/command-button";
import type { Seat } from "../commands/seat";

const BACK = ["back-10", "back-1"] as const;
const ON = ["forward-1", "forward-10"] as const;

interface TransportProps {
  readonly seat: Seat;
  readonly isPlaying: boolean;
  readonly speed: number;
}

export function Transport({ seat, isPlaying, speed }: TransportProps) {
  const step = (command: (typeof BACK | typeof ON)[number]) => (
    <CommandButton key={command} command={command} seat={seat} kind="transport__step" isSign />
  );
  return (
    <div class="transport" role="toolbar" aria-label="Look">
      {BACK.map(step)}
      <CommandButton command="play" seat={seat} kind="transport__play">
        {isPlaying ? "Pause" : "Play"}
      </CommandButton>
      {ON.map(step)}
      <span class="transport__speed">{speed} ×</span>
    </div>
  );
}
