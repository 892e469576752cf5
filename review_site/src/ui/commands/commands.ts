/**
 * What every command of the review page does, as one table: keys and buttons both go through it, with the key table of
 * domain/keys. A row only calls; what it calls lives in review and player. Knows no DOM.
 */

import { DECIDED_STATE, type Decision } from "../../domain/clips";
import type { Command } from "../../domain/keys";
import type { Notice } from "../../review/notices";
import type { Seat } from "./seat";

export interface CommandRow {
  /** What stands on its button; without, the title of its key. */
  readonly face?: string;
  readonly run: (seat: Seat) => void;
  /** Why it cannot be done now: its key says so, its button is disabled. Null, or no function: it can. */
  readonly whyNot?: (seat: Seat) => Notice | null;
  /** Whether what it leads to is so already: its button stays pressed. */
  readonly isOn?: (seat: Seat) => boolean;
}

const decision = (kind: Decision): CommandRow => ({
  run: ({ sitting }) => sitting.decisions.decide(kind),
  whyNot: ({ sitting }) => sitting.decisions.whyNot(),
  isOn: ({ sitting }) => sitting.desk.openClip?.state === DECIDED_STATE[kind],
});

export const COMMANDS: Readonly<Record<Command, CommandRow>> = {
  approve: decision("approve"),
  skip: decision("skip"),
  archive: decision("archive"),
  undo: { face: "Undo", run: ({ sitting }) => sitting.decisions.undo() },
  "next-clip": { run: ({ sitting }) => sitting.desk.moveBy(1) },
  "previous-clip": { run: ({ sitting }) => sitting.desk.moveBy(-1) },
  play: { run: ({ player }) => player?.toggle() },
  "forward-1": { face: "+1", run: ({ player }) => player?.step(1) },
  "back-1": { face: "−1", run: ({ player }) => player?.step(-1) },
  "forward-10": { face: "+10", run: ({ player }) => player?.step(10) },
  "back-10": { face: "−10", run: ({ player }) => player?.step(-10) },
  "first-frame": { run: ({ player }) => player?.goTo("first") },
  "last-frame": { run: ({ player }) => player?.goTo("last") },
  slower: { run: ({ player }) => player?.changeSpeed(-1) },
  faster: { run: ({ player }) => player?.changeSpeed(1) },
  detect: {
    face: "Cuts",
    run: ({ panels }) => panels.update({ cuts: !panels.value.cuts }),
    isOn: ({ panels }) => panels.value.cuts,
  },
  help: { face: "Keys", run: ({ panels }) => panels.update({ help: true }) },
};

/** Do what `command` says, or tell the reviewer why it cannot be done. */
export function obey(command: Command, seat: Seat): void {
  const { run, whyNot } = COMMANDS[command];
  const refusal = whyNot?.(seat) ?? null;
  if (refusal === null) run(seat);
  else seat.sitting.desk.say(refusal);
}
