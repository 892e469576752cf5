import { expect, test } from "vitest";
import type { ApiClient } from "../../src/api/client";
import { ApiError } from "../../src/api/http";
import type { ActionAnswer, Change, Clip, DetectAnswer, VideoDetail } from "../../src/api/types";
import { currentClip, findClip } from "../../src/domain/queue";
import { followSitting } from "../../src/review/follow-sitting";
import { Sitting } from "../../src/review/sitting";

const clip = (id: string, change: Partial<Clip> = {}): Clip => ({
  clip_id: id,
  video_id: "v",
  start_frame: 0,
  end_frame: 10,
  state: "pending_review",
  version: 1,
  group_id: null,
  decided_by: null,
  decided_at: null,
  error: null,
  export: null,
  keyframes: [],
  embedding: null,
  facts: null,
  ...change,
});
const video = { video_id: "v", title: "Film", fps: "24/1", proxy_url: "p" } as VideoDetail;

/** A server that answers as it is told to, and remembers in which order it was asked. */
function startServer(answers: Partial<ApiClient> = {}) {
  const asked: string[] = [];
  const accept = (id: string, change: Partial<Clip>): ActionAnswer => ({
    clips: [clip(id, change)],
    clips_left_out: 0,
    event_id: 1,
  });
  const api = {
    getVideo: async () => video,
    listClips: async () => [clip("a"), clip("b")],
    leaseNext: async () => ({ items: [clip("a"), clip("b")], lease_id: null, expires_at: null }),
    decideClip: async (id: string, action: string, version: number) => {
      asked.push(`${action} ${id} ${version}`);
      return accept(id, { state: "review_approved", version: version + 1 });
    },
    undo: async () => {
      asked.push("undo");
      return accept("a", { version: 3 });
    },
    ...answers,
  } as unknown as ApiClient;
  return { api, asked };
}

async function sitDown(api: ApiClient): Promise<Sitting> {
  const sitting = new Sitting(api, "v");
  await sitting.supply.load();
  return sitting;
}

const settled = (sitting: Sitting) =>
  expect.poll(() => sitting.desk.state.value.queue.unconfirmed.size, { interval: 1 }).toBe(0);

test("an undo is sent after the decision that it undoes, and both end where the server says", async () => {
  const { api, asked } = startServer();
  const sitting = await sitDown(api);
  sitting.decisions.decide("approve");
  sitting.decisions.undo();
  await settled(sitting);
  expect(asked).toEqual(["approve a 1", "undo"]);
  expect(findClip(sitting.desk.state.value.queue, "a")).toEqual(clip("a", { version: 3 }));
});

test("a second decision on a clip carries the version that the first one led to", async () => {
  const { api, asked } = startServer();
  const sitting = await sitDown(api);
  sitting.decisions.decide("approve");
  sitting.desk.select("a");
  sitting.decisions.decide("skip");
  await settled(sitting);
  expect(asked).toEqual(["approve a 1", "skip a 2"]);
});

test("a clip that somebody else decided is shown as it is now, with a sentence why", async () => {
  const theirs = clip("a", { state: "review_skipped", version: 2 });
  const { api } = startServer({
    decideClip: async () => {
      throw new ApiError(409, "StaleVersion", "The clip has changed.", { clip: theirs });
    },
  });
  const sitting = await sitDown(api);
  sitting.decisions.decide("approve");
  expect(currentClip(sitting.desk.state.value.queue)?.clip_id).toBe("b");
  await settled(sitting);
  expect(currentClip(sitting.desk.state.value.queue)).toEqual(theirs);
  expect(sitting.desk.state.value.notice).toEqual({
    kind: "problem",
    text: "“Approved” was not kept for clip 00:00:00:00. Somebody else changed the clip first: it is skipped now.",
  });
});

test("a decision that never reached the server is put back", async () => {
  const { api } = startServer({
    decideClip: async () => {
      throw new ApiError(0, "Unreachable", "The server cannot be reached. Check the connection.");
    },
  });
  const sitting = await sitDown(api);
  sitting.decisions.decide("archive");
  await settled(sitting);
  expect(currentClip(sitting.desk.state.value.queue)).toEqual(clip("a"));
  expect(sitting.desk.state.value.notice?.text).toContain("cannot be reached");
});

test("with nothing to undo the queue stays and the reviewer is told", async () => {
  const { api } = startServer({
    undo: async () => {
      throw new ApiError(409, "NothingToUndo", "No action can be undone.");
    },
  });
  const sitting = await sitDown(api);
  sitting.decisions.undo();
  await expect
    .poll(() => sitting.desk.state.value.notice?.text, { interval: 1 })
    .toBe("There is nothing left to undo.");
  expect(currentClip(sitting.desk.state.value.queue)?.clip_id).toBe("a");
});

test("a video that cannot be loaded says why", async () => {
  const { api } = startServer({
    getVideo: async () => {
      throw new ApiError(404, "NotFound", "There is no video of that id.");
    },
  });
  const sitting = await sitDown(api);
  expect(sitting.desk.state.value).toMatchObject({
    phase: "failed",
    problem: "There is no video of that id.",
  });
});

test("clips that are all with another reviewer are shown, with a sentence that says so", async () => {
  const { api } = startServer({
    leaseNext: async () => ({ items: [], lease_id: null, expires_at: null }),
  });
  const sitting = await sitDown(api);
  expect(sitting.desk.state.value.queue.clips).toHaveLength(2);
  expect(sitting.desk.state.value.notice?.text).toBe(
    "The clips that are still to review are with another reviewer.",
  );
});

const never = new AbortController().signal;
const told = (...clips: Clip[]): Change => ({ video_id: "v", kinds: ["clips"], video: null, clips });

test("a clip that somebody else decides while it is open shows so and says so", async () => {
  const { api } = startServer();
  const sitting = await sitDown(api);
  const theirs = clip("a", { state: "review_skipped", version: 2 });
  await followSitting(sitting).take([told(theirs)], never);
  expect(currentClip(sitting.desk.state.value.queue)).toEqual(theirs);
  expect(sitting.desk.state.value.notice?.text).toBe(
    "Somebody else changed clip 00:00:00:00: it is skipped now.",
  );
});

test("one's own decision that is told as news is no surprise", async () => {
  const { api } = startServer();
  const sitting = await sitDown(api);
  sitting.decisions.decide("approve");
  sitting.desk.select("a");
  await followSitting(sitting).take([told(clip("a", { state: "review_approved", version: 2 }))], never);
  expect(sitting.desk.state.value.notice?.text).toBe("Approved clip 00:00:00:00.");
  await settled(sitting);
});

test("too many changes to be told are listed again, and the place is kept", async () => {
  let listed = [clip("a"), clip("b")];
  const { api } = startServer({ listClips: async () => listed });
  const sitting = await sitDown(api);
  sitting.desk.select("b");
  listed = [clip("a1", { end_frame: 5 }), clip("a2", { start_frame: 5 }), clip("b", { version: 4 })];
  await followSitting(sitting).take([{ ...told(), clips: null }], never);
  expect(currentClip(sitting.desk.state.value.queue)).toEqual(clip("b", { version: 4 }));
  expect(sitting.desk.state.value.queue.clips.map((each) => each.clip_id)).toEqual(["a1", "a2", "b"]);
});

test("changes of other videos are not brought in", async () => {
  const { api } = startServer();
  const sitting = await sitDown(api);
  const before = sitting.desk.state.value.queue;
  const other = { ...told(clip("x", { video_id: "w" })), video_id: "w" };
  await followSitting(sitting).take([other], never);
  expect(sitting.desk.state.value.queue).toEqual(before);
});

test("clips that another reviewer gives back are found at the next quiet answer", async () => {
  let free: Clip[] = [];
  const { api } = startServer({
    leaseNext: async () => ({ items: free, lease_id: null, expires_at: null }),
  });
  const sitting = await sitDown(api);
  free = [clip("b")];
  await followSitting(sitting).take([], never);
  expect(sitting.desk.state.value.queue.held).toEqual(new Set(["b"]));
  expect(currentClip(sitting.desk.state.value.queue)?.clip_id).toBe("a");
});

test("a page that could not load loads when it is told to read everything", async () => {
  let isAway = true;
  const getVideo = async () => {
    if (isAway) throw new ApiError(0, "Unreachable", "The server cannot be reached.");
    return video;
  };
  const { api } = startServer({ getVideo });
  const sitting = await sitDown(api);
  expect(sitting.desk.state.value).toMatchObject({
    phase: "failed",
    problem: "The server cannot be reached.",
  });
  isAway = false;
  await followSitting(sitting).reload(never);
  expect(sitting.desk.state.value.phase).toBe("ready");
});

test("cuts that an undo takes back bring the clips before them, with a lease", async () => {
  let listed = [clip("a1", { end_frame: 5 }), clip("a2", { start_frame: 5 })];
  const { api } = startServer({
    listClips: async () => listed,
    leaseNext: async () => ({ items: listed, lease_id: null, expires_at: null }),
    undo: async () => {
      const gone = listed.map((each) => ({ ...each, state: "superseded" as const, version: 2 }));
      listed = [clip("a")];
      return { clips: [...listed, ...gone], clips_left_out: 0, event_id: 1 };
    },
  });
  const sitting = await sitDown(api);
  sitting.decisions.undo();
  await sitting.decisions.untilSent();
  expect(sitting.desk.queue.clips).toEqual([clip("a")]);
  expect(sitting.desk.queue.held?.has("a")).toBe(true);
});

test("after a video was cut anew its clips show, and undo begins with that", async () => {
  let listed = [clip("a"), clip("b")];
  const { api } = startServer({ listClips: async () => listed });
  const sitting = await sitDown(api);
  sitting.decisions.decide("skip");
  await sitting.decisions.untilSent();
  listed = [clip("c")];
  await sitting.showNewCuts("v", {
    cut_count: 2,
    added: [4],
    removed: [],
    kept: [],
  } as unknown as DetectAnswer);
  expect(sitting.desk.queue.steps).toEqual([]);
  expect(sitting.desk.queue.clips.map((each) => each.clip_id)).toContain("c");
  expect(sitting.desk.state.value.notice?.text).toBe("Cut anew: 1 cut more. One undo takes it back.");
});
