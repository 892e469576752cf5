import { expect, test } from "vitest";
import openapi from "../../openapi.json";
import { matchesFilter, sharesOf } from "../../src/domain/videos";
import { CLIP_WORDS, countOf, stageWords, VIDEO_WORDS, videoWords } from "../../src/domain/words";

test("every state that the API knows has words", () => {
  const schemas = openapi.components.schemas;
  expect(Object.keys(CLIP_WORDS).sort()).toEqual([...schemas.ClipState.enum].sort());
  expect(Object.keys(VIDEO_WORDS).sort()).toEqual([...schemas.VideoState.enum].sort());
});

test("a video in review with nothing left to review is being processed", () => {
  expect(videoWords("in_review", 3).tone).toBe("todo");
  expect(videoWords("in_review", 0).tone).toBe("busy");
});

test("a state or stage that is not known is shown by its name", () => {
  expect(videoWords("being_polished", null).label).toBe("Being polished");
  expect(stageWords("polish_frames")).toBe("Polish frames");
});

test("clips add up by outcome, leaving out what is zero and what was replaced", () => {
  const shares = sharesOf({ pending_review: 2, exporting: 1, exported: 1, superseded: 7, embedded: 0 });
  expect(shares.map(({ tone, count }) => [tone, count])).toEqual([
    ["todo", 2],
    ["busy", 2],
  ]);
});

test("each filter shows the videos of its kind", () => {
  const failed = { state: "preprocess_failed", counts: {} };
  expect(matchesFilter(failed, "failed")).toBe(true);
  expect(matchesFilter(failed, "all")).toBe(true);
  expect(matchesFilter(failed, "todo")).toBe(false);
});

test("one clip is not clips", () => {
  expect([countOf(1, "clip"), countOf(1200, "clip")]).toEqual(["1 clip", "1,200 clips"]);
});
