/** What the review page says after something happened: one sentence for people, never a code. */

import { ApiError } from "../api/http";
import { explainError } from "../api/refusals";
import type { ClipState, Decision } from "../domain/clips";
import { clipWords } from "../domain/words";

export interface Notice {
  readonly kind: "done" | "problem";
  readonly text: string;
}

const PAST: Readonly<Record<Decision, string>> = {
  approve: "Approved",
  skip: "Skipped",
  archive: "Archived",
};

/** What went wrong, in the server's own words where it gave some. */
export function sayProblem(error: unknown, opening = ""): Notice {
  return { kind: "problem", text: opening + explainError(error) };
}

export function sayDecided(decision: Decision, clipName: string): Notice {
  return { kind: "done", text: `${PAST[decision]} ${clipName}.` };
}

/** A wave has the clip, so that nothing can be decided about it. */
export function sayBusy(clipName: string): Notice {
  return { kind: "problem", text: `${clipName} is being processed and cannot change now.` };
}

/** A decision that was not kept, `actual` being the clip's state now where the server told it. */
export function sayNotKept(
  decision: Decision,
  clipName: string,
  error: unknown,
  actual: ClipState | null,
): Notice {
  const opening = `“${PAST[decision]}” was not kept for ${clipName}.`;
  if (error instanceof ApiError && error.code === "StaleVersion" && actual !== null) {
    return {
      kind: "problem",
      text: `${opening} Somebody else changed the clip first: it is ${nameState(actual)} now.`,
    };
  }
  return sayProblem(error, `${opening} `);
}

/** The open clip changed under the reviewer's eyes. */
export function sayChanged(clipName: string, actual: ClipState): Notice {
  const text =
    actual === "superseded"
      ? `Somebody else cut ${clipName} anew.`
      : `Somebody else changed ${clipName}: it is ${nameState(actual)} now.`;
  return { kind: "done", text };
}

/** A video was cut anew; `change` says how many cuts came and went. */
export function sayCutAnew(change: string): Notice {
  return { kind: "done", text: `Cut anew: ${change}. One undo takes it back.` };
}

function nameState(state: ClipState): string {
  return state === "pending_review" ? "back to review" : clipWords(state).label.toLowerCase();
}

export function sayUndone(clipName: string | null): Notice {
  return { kind: "done", text: clipName ? `Undone: ${clipName} is as it was before.` : "Undone." };
}

export function sayNotUndone(error: unknown): Notice {
  if (error instanceof ApiError && error.code === "NothingToUndo") {
    return { kind: "problem", text: "There is nothing left to undo." };
  }
  return sayProblem(error, "The undo did not happen. ");
}

export function sayReleased(released: boolean): Notice {
  return {
    kind: "done",
    text: released
      ? "Released. Approved clips are exported when the time to undo has passed."
      : "These clips are on their way already.",
  };
}

export function sayElsewhere(): Notice {
  return { kind: "done", text: "The clips that are still to review are with another reviewer." };
}
