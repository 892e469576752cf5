/**
 * The pipeline's names as a reviewer reads them, and which colour they take. One table per kind of name; an
 * unknown name is shown as it is, so a newer server never breaks the page.
 */

import type { ClipState } from "./clips";

/** `todo` waits for a person, `busy` for a machine; `kept`, `passed` and `dropped` are the three decisions. */
export type Tone = "todo" | "busy" | "kept" | "passed" | "dropped" | "failed" | "done";

export interface Words {
  readonly label: string;
  readonly tone: Tone;
}

export const CLIP_WORDS: Readonly<Record<ClipState, Words>> = {
  pending_review: { label: "To review", tone: "todo" },
  review_approved: { label: "Approved", tone: "kept" },
  review_skipped: { label: "Skipped", tone: "passed" },
  review_archived: { label: "Archived", tone: "dropped" },
  exporting: { label: "Exporting", tone: "busy" },
  exported: { label: "Exported", tone: "busy" },
  keyframing: { label: "Making stills", tone: "busy" },
  keyframed: { label: "Stills made", tone: "busy" },
  embedding: { label: "Indexing", tone: "busy" },
  embedded: { label: "Searchable", tone: "done" },
  archived: { label: "Removed", tone: "dropped" },
  export_failed: { label: "Export failed", tone: "failed" },
  keyframe_failed: { label: "Stills failed", tone: "failed" },
  embedding_failed: { label: "Indexing failed", tone: "failed" },
  superseded: { label: "Replaced", tone: "passed" },
};

export const VIDEO_WORDS: Readonly<Record<string, Words>> = {
  new: { label: "Waiting to start", tone: "busy" },
  downloading: { label: "Downloading", tone: "busy" },
  downloaded: { label: "Waiting to be prepared", tone: "busy" },
  preprocessing: { label: "Preparing", tone: "busy" },
  preprocessed: { label: "Finding scenes", tone: "busy" },
  detecting_scenes: { label: "Finding scenes", tone: "busy" },
  in_review: { label: "Ready to review", tone: "todo" },
  complete: { label: "Done", tone: "done" },
  download_failed: { label: "Download failed", tone: "failed" },
  preprocess_failed: { label: "Preparing failed", tone: "failed" },
  detect_scenes_failed: { label: "Finding scenes failed", tone: "failed" },
};

const STAGE_WORDS: Readonly<Record<string, string>> = {
  download: "Downloading",
  proxy: "Preparing for review",
  detect_scenes: "Finding scenes",
  master: "Saving the master",
  export: "Exporting clips",
  keyframes: "Making stills",
  embed: "Indexing clips",
};

export function clipWords(state: string): Words {
  return CLIP_WORDS[state as ClipState] ?? { label: readable(state), tone: "busy" };
}

/** A video in review whose clips are all decided is being worked on, not waiting for anybody. */
export function videoWords(state: string, pendingClips: number | null): Words {
  if (state === "in_review" && pendingClips === 0) return { label: "Processing clips", tone: "busy" };
  return VIDEO_WORDS[state] ?? { label: readable(state), tone: "busy" };
}

export function stageWords(stage: string): string {
  return STAGE_WORDS[stage] ?? readable(stage);
}

/** `1 clip`, `2 clips`. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

function readable(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
