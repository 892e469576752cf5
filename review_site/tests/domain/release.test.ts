import { expect, test } from "vitest";
import type { ClipState, ReviewClip } from "../../src/domain/clips";
import { findReleasable } from "../../src/domain/release";

const clip = (video_id: string, state: ClipState): ReviewClip => ({
  clip_id: `${video_id} ${state}`,
  video_id,
  start_frame: 0,
  end_frame: 10,
  state,
  version: 1,
});

test("what is approved or archived waits; what is skipped, undecided or on its way does not", () => {
  const clips = [
    clip("v", "review_approved"),
    clip("v", "review_archived"),
    clip("v", "review_skipped"),
    clip("w", "pending_review"),
    clip("x", "exporting"),
  ];
  expect(findReleasable(clips)).toEqual({ clips: 2, videoIds: ["v"] });
});
