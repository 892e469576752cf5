/** The decisions as buttons, each with its key, and the way to finish. */

import { countQueue } from "../../domain/queue";
import { findReleasable } from "../../domain/release";
import { countOf } from "../../domain/words";
import type { DeskState } from "../../review/desk";
import { CommandButton, keepFocus } from "../commands/command-button";
import type { Seat } from "../commands/seat";
import { VIDEOS_LINK } from "../parts/router";

const DECISIONS = ["approve", "skip", "archive"] as const;

export function DecisionBar({ seat, state }: { seat: Seat; state: DeskState }) {
  const { clips, videoIds } = findReleasable(state.queue.clips);
  return (
    <div class="decisions" role="toolbar" aria-label="Decide">
      {DECISIONS.map((command) => (
        <CommandButton key={command} command={command} seat={seat} kind={`decision decision--${command}`} />
      ))}
      <CommandButton command="undo" seat={seat} kind="decisions__undo" />
      <Finish
        toRelease={clips}
        isAllDecided={countQueue(state.queue).pending === 0}
        isReleasing={state.releasing}
        onRelease={() => void seat.sitting.decisions.release(videoIds)}
      />
    </div>
  );
}

interface FinishProps {
  /** Decided clips that wait to be processed. */
  readonly toRelease: number;
  readonly isAllDecided: boolean;
  readonly isReleasing: boolean;
  readonly onRelease: () => void;
}

function Finish({ toRelease, isAllDecided, isReleasing, onRelease }: FinishProps) {
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
