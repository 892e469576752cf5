import { expect, test } from "vitest";
import { mergeVideos } from "../../src/domain/videos";

const video = (id: string, minute: number, state = "new") => ({
  video_id: id,
  created_at: `2026-11-21T10:${String(minute).padStart(2, "0")}:00Z`,
  state,
});
const listed = [video("c", 30), video("b", 20), video("a", 10)];
const ids = (videos: readonly { video_id: string }[]) => videos.map((each) => each.video_id).join(" ");

test("a video that changed is shown as it is now, in its place", () => {
  const merged = mergeVideos(listed, [video("b", 20, "in_review")], false);
  expect(ids(merged)).toBe("c b a");
  expect(merged[1]?.state).toBe("in_review");
});

test("a new video comes first, as in the list", () => {
  expect(ids(mergeVideos(listed, [video("e", 41), video("d", 40)], true))).toBe("e d c b a");
});

test("an older video is shown where the list is complete, and not where it goes on", () => {
  expect(ids(mergeVideos(listed, [video("z", 5)], false))).toBe("c b a z");
  expect(ids(mergeVideos(listed, [video("z", 5)], true))).toBe("c b a");
});

test("videos of the same moment stand as the server lists them", () => {
  expect(ids(mergeVideos(listed, [video("d", 30)], false))).toBe("d c b a");
});
