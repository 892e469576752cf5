/** A button for a row of the command table: its face, its key, and whether it can be pressed, all from the tables. */

import type { ComponentChildren } from "preact";
import { type Command, keyLabel, titleOf } from "../../domain/keys";
import { Key } from "../parts/blocks";
import { COMMANDS, obey } from "./commands";
import type { Seat } from "./seat";

interface CommandButtonProps {
  readonly command: Command;
  readonly seat: Seat;
  readonly kind: string;
  /** The face is a sign, so that the title has to be read out in its place. */
  readonly isSign?: boolean;
  /** In place of the face, where that changes. */
  readonly children?: ComponentChildren;
}

/** A click leaves the focus where it was, so that the keys go on working. */
export function CommandButton({ command, seat, kind, isSign = false, children }: CommandButtonProps) {
  const { face, whyNot, isOn } = COMMANDS[command];
  const label = keyLabel(command);
  return (
    <button
      type="button"
      class={`button ${kind}`}
      disabled={Boolean(whyNot?.(seat))}
      aria-pressed={isOn?.(seat)}
      aria-label={isSign ? titleOf(command) : undefined}
      aria-keyshortcuts={label.replace("Shift ", "Shift+")}
      onMouseDown={keepFocus}
      onClick={() => obey(command, seat)}
    >
      {children ?? face ?? titleOf(command)}
      <Key label={label} />
    </button>
  );
}

export function keepFocus(event: MouseEvent): void {
  event.preventDefault();
}
