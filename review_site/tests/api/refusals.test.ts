import { expect, test } from "vitest";
import { ApiError } from "../../src/api/http";
import { explainError, readCurrentClip } from "../../src/api/refusals";

test("a refused decision tells the clip as it is now", () => {
  const clip = { clip_id: "a", state: "review_skipped" };
  expect(readCurrentClip(new ApiError(409, "StaleVersion", "The clip has changed.", { clip }))).toEqual(clip);
});

test.each([
  new ApiError(409, "StaleVersion", "The clip has changed."),
  new ApiError(409, "StaleVersion", "The clip has changed.", { clip: { state: "new" } }),
  new Error("The clip has changed."),
])("%j tells of no clip", (error) => {
  expect(readCurrentClip(error)).toBeNull();
});

test("an error is told in the server's words, or in plain ones where there are none", () => {
  expect(explainError(new ApiError(409, "StaleVersion", "The clip has changed."))).toBe(
    "The clip has changed.",
  );
  for (const strange of [new Error(), "strange", null]) {
    expect(explainError(strange)).toBe("Something unexpected happened. Try again.");
  }
});
