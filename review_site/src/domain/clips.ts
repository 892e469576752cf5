/** What the review page knows about a clip, and what its states mean to it. The names are the pipeline's own. */

import type { FrameRange } from "./timeline";

export type ClipState =
  | "pending_review"
  | "review_approved"
  | "review_skipped"
  | "review_archived"
  | "exporting"
  | "exported"
  | "keyframing"
  | "keyframed"
  | "embedding"
  | "embedded"
  | "archived"
  | "export_failed"
  | "keyframe_failed"
  | "embedding_failed"
  | "superseded";

export interface ReviewClip {
  readonly clip_id: string;
  readonly video_id: string;
  readonly start_frame: number;
  readonly end_frame: number;
  readonly state: ClipState;
  readonly version: number;
}

export type Decision = "approve" | "skip" | "archive";

/** The state that each decision leads to. */
export const DECIDED_STATE: Readonly<Record<Decision, ClipState>> = {
  approve: "review_approved",
  skip: "review_skipped",
  archive: "review_archived",
};

const REVIEWABLE: ReadonlySet<ClipState> = new Set(["pending_review", ...Object.values(DECIDED_STATE)]);

/** Whether a reviewer may still decide the clip: no wave has claimed it. */
export function isReviewable(clip: ReviewClip): boolean {
  return REVIEWABLE.has(clip.state);
}

export function isPending(clip: ReviewClip): boolean {
  return clip.state === "pending_review";
}

export function clipRange(clip: ReviewClip): FrameRange {
  return { start: clip.start_frame, end: clip.end_frame };
}
