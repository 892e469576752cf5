/** What a request that failed tells: a sentence for people, and the clip that a refused decision was about. */

import { ApiError } from "./http";
import { isRecord } from "./json";
import type { Clip } from "./types";

/** The clip as the server has it now, from the details of a 409; null where they do not hold one. */
export function readCurrentClip(error: unknown): Clip | null {
  const clip = error instanceof ApiError ? error.details["clip"] : null;
  return isRecord(clip) && typeof clip["clip_id"] === "string" ? (clip as unknown as Clip) : null;
}

/** The server's own sentence, or what to do when there is none. */
export function explainError(error: unknown): string {
  return error instanceof Error && error.message
    ? error.message
    : "Something unexpected happened. Try again.";
}
