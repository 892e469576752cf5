import { beforeEach, expect, test, vi } from "vitest";
import type { ApiClient } from "../../src/api/client";
import { ApiError } from "../../src/api/http";
import type { DetectAnswer, DetectRequest } from "../../src/api/types";
import { PAUSE_MS, Redetection } from "../../src/review/redetection";

const STANDING = { adaptive_threshold: 3.5, min_scene_len_s: 0.6, detector: "fused" } as const;

const answer = (change: Partial<DetectAnswer> = {}): DetectAnswer => ({
  settings: STANDING,
  decided_by: "fused",
  cuts: [10, 20],
  cut_count: 2,
  added: [],
  removed: [],
  kept: [],
  clips: [],
  clips_left_out: 0,
  event_id: null,
  ...change,
});

/** A server whose answers are given out by hand. */
function startServer() {
  const asked: DetectRequest[] = [];
  const waiting: { resolve: (given: DetectAnswer) => void; reject: (error: unknown) => void }[] = [];
  const api = {
    detect: (_: string, request: DetectRequest) => {
      asked.push(request as DetectRequest);
      return new Promise<DetectAnswer>((resolve, reject) => waiting.push({ resolve, reject }));
    },
  } as unknown as ApiClient;
  const settle = async (give: (one: (typeof waiting)[number]) => void) => {
    const one = waiting.shift();
    if (!one) throw new Error("nobody asked");
    give(one);
    await vi.advanceTimersByTimeAsync(0);
  };
  return {
    asked,
    redetection: new Redetection(api, "v"),
    reply: (given: DetectAnswer) => settle((one) => one.resolve(given)),
    refuse: (error: unknown) => settle((one) => one.reject(error)),
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});

async function open() {
  const server = startServer();
  server.redetection.look();
  await vi.advanceTimersByTimeAsync(0);
  await server.reply(answer());
  return server;
}

test("the settings that stand are asked for first", async () => {
  const { asked, redetection } = await open();
  expect(asked).toEqual([{ apply: false }]);
  expect(redetection.state.value).toMatchObject({ choice: STANDING, isAsking: false, problem: null });
});

test("a slider that is dragged is asked about once, where it comes to rest", async () => {
  const { asked, redetection, reply } = await open();
  for (const adaptive_threshold of [3, 2.5, 2]) {
    redetection.choose({ ...STANDING, adaptive_threshold });
    await vi.advanceTimersByTimeAsync(PAUSE_MS / 2);
  }
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  expect(asked.slice(1)).toEqual([{ ...STANDING, adaptive_threshold: 2, apply: false }]);
  await reply(answer({ added: [15] }));
  expect(redetection.state.value).toMatchObject({ isAsking: false, proposal: { added: [15] } });
});

test("one request is under way at a time, and the newest settings follow it", async () => {
  const { asked, redetection, reply } = await open();
  for (const adaptive_threshold of [3, 2.5, 2]) {
    redetection.choose({ ...STANDING, adaptive_threshold });
    await vi.advanceTimersByTimeAsync(2 * PAUSE_MS);
  }
  expect(asked).toHaveLength(2);
  await reply(answer());
  expect(asked.slice(2)).toEqual([{ ...STANDING, adaptive_threshold: 2, apply: false }]);
  expect(redetection.state.value.isAsking).toBe(true);
  await reply(answer({ removed: [10] }));
  expect(redetection.state.value).toMatchObject({ isAsking: false, proposal: { removed: [10] } });
});

test("applying waits for what is under way and is done with what is set", async () => {
  const { asked, redetection, reply } = await open();
  redetection.choose({ ...STANDING, adaptive_threshold: 3 });
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  redetection.choose({ ...STANDING, adaptive_threshold: 2 });
  const applied = redetection.apply();
  await reply(answer());
  expect(asked.slice(2)).toEqual([{ ...STANDING, adaptive_threshold: 2, apply: true }]);
  await reply(answer({ added: [15], event_id: 7 }));
  expect(await applied).toMatchObject({ event_id: 7, added: [15] });
  await vi.advanceTimersByTimeAsync(2 * PAUSE_MS);
  expect(asked).toHaveLength(3);
  expect(redetection.state.value).toMatchObject({
    isApplying: false,
    isAsking: false,
    proposal: { added: [] },
  });
});

test("a refusal is told, and the next settings are asked about all the same", async () => {
  const { redetection, reply, refuse } = await open();
  redetection.choose({ ...STANDING, adaptive_threshold: 1 });
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  await refuse(new ApiError(409, "CutRefused", "Too many cuts.", {}));
  expect(redetection.state.value).toMatchObject({ problem: "Too many cuts.", isAsking: false });
  redetection.choose(STANDING);
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  await reply(answer());
  expect(redetection.state.value.problem).toBeNull();
});

test("nothing is asked any more once it is closed", async () => {
  const { asked, redetection } = await open();
  redetection.choose({ ...STANDING, adaptive_threshold: 2 });
  redetection.close();
  await vi.advanceTimersByTimeAsync(2 * PAUSE_MS);
  expect(asked).toHaveLength(1);
});
