import { expect, test } from "vitest";
import type { ClipState, ReviewClip } from "../../src/domain/clips";
import { applyListing, applyNews, findSurprise } from "../../src/domain/news";
import {
  confirm,
  createQueue,
  currentClip,
  decide,
  findClip,
  moveBy,
  undoLast,
} from "../../src/domain/queue";

const clip = (
  id: string,
  start: number,
  end: number,
  state: ClipState = "pending_review",
  version = 1,
): ReviewClip => ({ clip_id: id, video_id: "v", start_frame: start, end_frame: end, state, version });
const three = createQueue([clip("a", 0, 10), clip("b", 10, 20), clip("c", 20, 30)]);
const ids = (queue: { clips: readonly ReviewClip[] }) => queue.clips.map((each) => each.clip_id).join(" ");
const openId = (queue: typeof three) => currentClip(queue)?.clip_id;

test("a clip that somebody else decided shows so, and the open clip stays open", () => {
  const queue = applyNews(moveBy(three, 1), [clip("a", 0, 10, "review_skipped", 2)], true);
  expect(findClip(queue, "a")?.state).toBe("review_skipped");
  expect(openId(queue)).toBe("b");
  expect(ids(queue)).toBe("a b c");
});

test("news that are older than what is known change nothing", () => {
  const queue = confirm(decide(three, "a", "approve"), "a", [clip("a", 0, 10, "review_approved", 3)]);
  expect(applyNews(queue, [clip("a", 0, 10, "pending_review", 2)], true)).toEqual(queue);
});

test("a decision on its way stays shown while others' news of the same clip come in", () => {
  const deciding = decide(three, "a", "approve");
  const heard = applyNews(deciding, [clip("a", 0, 10, "review_skipped", 2)], true);
  expect(findClip(heard, "a")?.state).toBe("review_approved");
  expect(findClip(confirm(heard, "a", []), "a")).toEqual(clip("a", 0, 10, "review_skipped", 2));
});

test("one's own decision told before its answer changes nothing that is shown", () => {
  const heard = applyNews(decide(three, "a", "approve"), [clip("a", 0, 10, "review_approved", 2)], true);
  const settled = confirm(heard, "a", [clip("a", 0, 10, "review_approved", 2)]);
  expect(findClip(settled, "a")).toEqual(clip("a", 0, 10, "review_approved", 2));
  expect(settled.unconfirmed.size).toBe(0);
});

test("an answer that was overtaken by news does not bring the older state back", () => {
  const deciding = decide(three, "a", "approve");
  const heard = applyNews(deciding, [clip("a", 0, 10, "review_skipped", 3)], true);
  const settled = confirm(heard, "a", [clip("a", 0, 10, "review_approved", 2)]);
  expect(findClip(settled, "a")).toEqual(clip("a", 0, 10, "review_skipped", 3));
});

test("the halves of a clip stand where it stood, and the one with its first frame is open", () => {
  const split = [clip("b2", 14, 20), clip("b", 10, 20, "superseded", 2), clip("b1", 10, 14)];
  const queue = applyNews(moveBy(three, 1), split, true);
  expect(ids(queue)).toBe("a b1 b2 c");
  expect(openId(queue)).toBe("b1");
});

test("clips that were merged become one in place, and another open clip stays open", () => {
  const merged = [clip("a", 0, 10, "superseded", 2), clip("b", 10, 20, "superseded", 2), clip("ab", 0, 20)];
  const queue = applyNews(moveBy(three, 2), merged, true);
  expect(ids(queue)).toBe("ab c");
  expect(openId(queue)).toBe("c");
});

test("a clip that is gone leaves no step to undo here", () => {
  const decided = confirm(decide(three, "a", "skip"), "a", [clip("a", 0, 10, "review_skipped", 2)]);
  const queue = applyNews(decided, [clip("a", 0, 10, "superseded", 3), clip("a1", 0, 10)], true);
  expect(queue.steps).toEqual([]);
  expect(undoLast(queue)).toBe(queue);
});

test("a run of clips takes in only what replaces one of its own", () => {
  const strangers = [clip("x", 50, 60), clip("y", 60, 70, "superseded", 2)];
  expect(applyNews(three, strangers, false)).toEqual(three);
  const split = [clip("c", 20, 30, "superseded", 2), clip("c1", 20, 25), clip("c2", 25, 30)];
  expect(ids(applyNews(three, split, false))).toBe("a b c1 c2");
});

test("the first clips of a video come into an empty queue and one is open", () => {
  const queue = applyNews(createQueue<ReviewClip>([]), [clip("b", 10, 20), clip("a", 0, 10)], true);
  expect(ids(queue)).toBe("a b");
  expect(openId(queue)).toBe("a");
});

test("a queue whose last clip goes is empty", () => {
  const one = createQueue([clip("a", 0, 10)]);
  const queue = applyNews(one, [clip("a", 0, 10, "superseded", 2)], true);
  expect(queue.clips).toEqual([]);
  expect(currentClip(queue)).toBeNull();
});

test("a new listing replaces what was cut anew and keeps the place", () => {
  const listed = [clip("a", 0, 10, "embedded", 5), clip("b1", 10, 15), clip("b2", 15, 20), clip("c", 20, 30)];
  const queue = applyListing(moveBy(three, 1), "v", listed, three);
  expect(ids(queue)).toBe("a b1 b2 c");
  expect(openId(queue)).toBe("b1");
  expect(findClip(queue, "a")?.state).toBe("embedded");
});

test("what came and went while a listing was under way is younger than the listing", () => {
  const split = [clip("b", 10, 20, "superseded", 2), clip("b1", 10, 14), clip("b2", 14, 20)];
  const meanwhile = applyNews(three, split, true);
  const listed = [clip("a", 0, 10), clip("b", 10, 20), clip("c", 20, 30)];
  expect(ids(applyListing(meanwhile, "v", listed, three))).toBe("a b1 b2 c");
});

test("only a change of the open clip that is not one's own is a surprise", () => {
  const theirs = clip("a", 0, 10, "review_skipped", 2);
  expect(findSurprise(three, [theirs])).toEqual(theirs);
  expect(findSurprise(moveBy(three, 1), [theirs])).toBeNull();
  expect(findSurprise(three, [clip("a", 0, 10, "pending_review", 1)])).toBeNull();
  const last = createQueue([clip("a", 0, 10)]);
  expect(findSurprise(decide(last, "a", "skip"), [theirs])).toBeNull();
});
