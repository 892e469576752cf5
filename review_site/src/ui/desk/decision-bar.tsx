/** The decisions as buttons, each with its key, and the way to finish. */

import type { ComponentChildren } from "preact";
import type { ClipState, Decision } from "../../domain/clips";
import { DECIDED_STATE } from "../../domain/clips";
import { type Command, keyLabel } from "../../domain/keys";
import { countOf } from "../../domain/words";
import { Key } from "../parts/blocks";
import { VIDEOS_LINK } from "../parts/router";

interface DecisionBarProps {
  readonly state: ClipState | null;
  readonly isReviewable: boolean;
  /** Decided clips that wait to be processed. */
  readonly toRelease: number;
  readonly isAllDecided: boolean;
  readonly isReleasing: boolean;
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
      <Finish {...props} />
    </div>
  );
}

function Finish({ toRelease, isAllDecided, isReleasing, onRelease }: DecisionBarProps) {
  const isFinished = isAllDecided && toRelease === 0;
  const clips = countOf(toRelease, "clip");
  const hint = isAllDecided ? `All decided, ${clips} to process` : `${clips} to process`;
  return (
    <div class="decisions__finish">
      <p class="decisions__hint">{isFinished ? "Everything here is decided" : toRelease > 0 && hint}</p>
      {isFinished ? (
        <a class="button button--primary button--tall" href={VIDEOS_LINK}>
          Back to the videos
        </a>
      ) : (
        <button
          type="button"
          class={isAllDecided ? "button button--primary button--tall" : "button button--tall"}
          disabled={toRelease === 0 || isReleasing}
          onMouseDown={keepFocus}
          onClick={onRelease}
        >
          Finish: release
        </button>
      )}
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
