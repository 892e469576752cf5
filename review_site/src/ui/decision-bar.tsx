/** The decisions as buttons, each with its key, and the way to finish. */

import type { ComponentChildren } from "preact";
import type { ClipState, Decision } from "../domain/clips";
import { DECIDED_STATE } from "../domain/clips";
import { type Command, keyLabel } from "../domain/keys";
import { countOf } from "../domain/words";
import { Key } from "./blocks";

interface DecisionBarProps {
  readonly state: ClipState | null;
  readonly isReviewable: boolean;
  /** Decided clips that can be released now; null once that has been asked for. */
  readonly toRelease: number;
  readonly isAllDecided: boolean;
  readonly isReleasing: boolean;
  readonly wasReleased: boolean;
  readonly onCommand: (command: Command) => void;
  readonly onRelease: () => void;
}

const DECISIONS: readonly { readonly decision: Decision; readonly label: string }[] = [
  { decision: "approve", label: "Approve" },
  { decision: "skip", label: "Skip" },
  { decision: "archive", label: "Archive" },
];

export function DecisionBar(props: DecisionBarProps) {
  return (
    <div class="decisions" role="toolbar" aria-label="Decide">
      {DECISIONS.map(({ decision, label }) => (
        <CommandButton
          key={decision}
          command={decision}
          kind={`decision decision--${decision}`}
          disabled={!props.isReviewable}
          isPressed={props.state === DECIDED_STATE[decision]}
          onCommand={props.onCommand}
        >
          {label}
        </CommandButton>
      ))}
      <CommandButton command="undo" kind="decisions__undo" onCommand={props.onCommand}>
        Undo
      </CommandButton>
      <div class="decisions__finish">
        <p class="decisions__hint">{describeFinish(props)}</p>
        <button
          type="button"
          class={props.isAllDecided ? "button button--primary button--tall" : "button button--tall"}
          disabled={props.toRelease === 0 || props.isReleasing}
          onMouseDown={keepFocus}
          onClick={props.onRelease}
        >
          Finish: release
        </button>
      </div>
    </div>
  );
}

interface CommandButtonProps {
  readonly command: Command;
  readonly kind: string;
  readonly disabled?: boolean;
  readonly isPressed?: boolean;
  readonly label?: string;
  readonly onCommand: (command: Command) => void;
  readonly children: ComponentChildren;
}

/** A button for a command of the key table. A click leaves the focus where it was, so that the keys go on working. */
export function CommandButton(props: CommandButtonProps) {
  const { command, kind, disabled = false, isPressed, label, onCommand, children } = props;
  return (
    <button
      type="button"
      class={`button ${kind}`}
      disabled={disabled}
      aria-pressed={isPressed}
      aria-label={label}
      aria-keyshortcuts={keyLabel(command).replace("Shift ", "Shift+")}
      onMouseDown={keepFocus}
      onClick={() => onCommand(command)}
    >
      {children}
      <Key label={keyLabel(command)} />
    </button>
  );
}

function keepFocus(event: MouseEvent): void {
  event.preventDefault();
}

function describeFinish({ toRelease, isAllDecided, isReleasing, wasReleased }: DecisionBarProps): string {
  if (isReleasing) return "Releasing";
  if (toRelease === 0) return wasReleased ? "Released" : "Nothing decided yet";
  const clips = countOf(toRelease, "clip");
  return isAllDecided ? `All decided: ${clips} to process` : `${clips} decided`;
}
