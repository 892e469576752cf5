import { expect, test } from "vitest";
import type { ClipState, ReviewClip } from "../../src/domain/clips";
import {
  addClips,
  confirm,
  countQueue,
  createQueue,
  currentClip,
  decide,
  findClip,
  holdClips,
  knownVersion,
  moveBy,
  openFirst,
  putBack,
  type Queue,
  undoLast,
} from "../../src/domain/queue";

const clip = (id: string, state: ClipState = "pending_review", version = 1): ReviewClip => ({
  clip_id: id,
  video_id: "v",
  start_frame: 0,
  end_frame: 10,
  state,
  version,
});
const three = createQueue([clip("a"), clip("b"), clip("c")]);
const stateOf = (queue: Queue, id: string) => findClip(queue, id)?.state;
const openId = (queue: Queue) => currentClip(queue)?.clip_id;

test("clips to review come first and otherwise keep their order", () => {
  const queue = createQueue([clip("a", "embedded"), clip("b"), clip("c", "review_skipped"), clip("d")]);
  expect(queue.clips.map((each) => each.clip_id)).toEqual(["b", "d", "a", "c"]);
  expect(openId(queue)).toBe("b");
});

test("an empty queue has no open clip and takes every command", () => {
  const empty = createQueue([]);
  expect(currentClip(empty)).toBeNull();
  expect(moveBy(empty, 1)).toBe(empty);
  expect(undoLast(empty)).toBe(empty);
  expect(openFirst(empty)).toBe(empty);
});

test("a decision shows at once and opens the next clip", () => {
  const queue = decide(three, "a", "approve");
  expect(stateOf(queue, "a")).toBe("review_approved");
  expect(openId(queue)).toBe("b");
  expect(countQueue(queue)).toEqual({ total: 3, pending: 2, decided: 1 });
});

test("after the last clip the queue goes back to one that was passed over", () => {
  const queue = decide(moveBy(three, 2), "c", "skip");
  expect(openId(queue)).toBe("a");
});

test("the last decision keeps its clip open", () => {
  const queue = decide(decide(decide(three, "a", "skip"), "b", "skip"), "c", "skip");
  expect(openId(queue)).toBe("c");
  expect(countQueue(queue).pending).toBe(0);
});

test("a clip that a wave has claimed cannot be decided", () => {
  const queue = createQueue([clip("a", "exporting")]);
  expect(decide(queue, "a", "skip")).toBe(queue);
});

test("the answer settles the clip and its version", () => {
  const queue = confirm(decide(three, "a", "approve"), "a", [clip("a", "review_approved", 2)]);
  expect(queue.unconfirmed.size).toBe(0);
  expect(knownVersion(queue, "a")).toBe(2);
});

test("a refused decision is put back as the server has it, and opened", () => {
  const queue = putBack(decide(three, "a", "approve"), "a", clip("a", "review_skipped", 5));
  expect(stateOf(queue, "a")).toBe("review_skipped");
  expect(openId(queue)).toBe("a");
  expect(queue.steps).toEqual([]);
});

test("a decision lost on the way is put back as it was", () => {
  const queue = putBack(decide(three, "a", "archive"), "a");
  expect(findClip(queue, "a")).toEqual(clip("a"));
});

test("undo shows the clip as before and opens it", () => {
  const queue = undoLast(decide(three, "a", "approve"));
  expect(stateOf(queue, "a")).toBe("pending_review");
  expect(openId(queue)).toBe("a");
});

test("undo of a changed mind goes back to the first decision", () => {
  const queue = undoLast(decide(decide(three, "a", "approve"), "a", "skip"));
  expect(stateOf(queue, "a")).toBe("review_approved");
});

test("an answer to the decision does not show through an undo that is on its way", () => {
  const undone = undoLast(decide(three, "a", "approve"));
  const answered = confirm(undone, "a", [clip("a", "review_approved", 2)]);
  expect(stateOf(answered, "a")).toBe("pending_review");
  expect(knownVersion(answered, "a")).toBe(2);
  const settled = confirm(answered, "a", [clip("a", "pending_review", 3)]);
  expect(findClip(settled, "a")).toEqual(clip("a", "pending_review", 3));
  expect(settled.unconfirmed.size).toBe(0);
});

test("an undo of some other clip by the server corrects the guess", () => {
  const guessed = undoLast(confirm(decide(three, "a", "approve"), "a", [clip("a", "review_approved", 2)]));
  const settled = confirm(guessed, "a", [clip("b", "pending_review", 9)]);
  expect(stateOf(settled, "a")).toBe("review_approved");
  expect(knownVersion(settled, "b")).toBe(9);
});

test("leased clips are opened before those that are not mine", () => {
  const queue = openFirst(holdClips(three, [clip("c")]));
  expect(openId(queue)).toBe("c");
  expect(openId(decide(queue, "c", "approve"))).toBe("c");
});

test("newer clips replace older ones and new ones come last", () => {
  const queue = addClips(three, [clip("b", "review_skipped", 2), clip("a", "embedded", 1), clip("d")]);
  expect(stateOf(queue, "b")).toBe("review_skipped");
  expect(stateOf(queue, "a")).toBe("pending_review");
  expect(queue.clips.at(-1)?.clip_id).toBe("d");
});
