/** What a refused decision tells about the clip it was about. */

import { ApiError } from "./http";
import { isRecord } from "./json";
import type { Clip } from "./types";

/** The clip as the server has it now, from the details of a 409; null where they do not hold one. */
export function readCurrentClip(error: unknown): Clip | null {
  const clip = error instanceof ApiError ? error.details["clip"] : null;
  return isRecord(clip) && typeof clip["clip_id"] === "string" ? (clip as unknown as Clip) : null;
}
