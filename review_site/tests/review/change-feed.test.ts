import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../../src/api/http";
import type { Change, ChangePage } from "../../src/api/types";
import { backoffMs, ChangeFeed, type Follower } from "../../src/review/change-feed";

const change = { video_id: "v", kinds: ["clips"], video: null, clips: [] } as Change;

interface Asked {
  readonly cursor: string | null;
  readonly signal: AbortSignal;
  answer(page: Partial<ChangePage>): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** A server whose answers are given by hand, a page that can be hidden, and a follower that remembers. */
function setUp() {
  const asked: Asked[] = [];
  let hiding = new AbortController();
  let arrive: (() => void) | null = null;
  const told: string[] = [];
  const listChanges = (query: { cursor: string | null }, signal: AbortSignal) =>
    new Promise<ChangePage>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      const settle = async () => void (await vi.advanceTimersByTimeAsync(0));
      asked.push({
        cursor: query.cursor,
        signal,
        answer: (page) => {
          resolve({ items: [], next_cursor: "next", reset: false, ...page });
          return settle();
        },
        fail: (error) => {
          reject(error);
          return settle();
        },
      });
    });
  const attention = {
    get untilHidden() {
      return hiding.signal;
    },
    wait: () =>
      new Promise<void>((resolve) => {
        if (arrive === null) resolve();
        else arrive = resolve;
      }),
  };
  const follower: Follower = {
    show: "clips",
    videoId: "v",
    reload: async () => void told.push("reload"),
    take: async (changes) => void told.push(`take ${changes.length}`),
    lose: (error) => void told.push(`lose ${(error as Error).message}`),
  };
  const hide = () => {
    arrive = () => undefined;
    hiding.abort();
    hiding = new AbortController();
  };
  const show = () => {
    const resume = arrive;
    arrive = null;
    resume?.();
  };
  return { feed: new ChangeFeed({ listChanges }, attention), follower, asked, told, hide, show };
}

const last = (asked: readonly Asked[]): Asked => {
  const request = asked.at(-1);
  if (!request) throw new Error("Nothing was asked.");
  return request;
};
const inFlight = (asked: readonly Asked[], answered: number) =>
  asked.slice(answered).filter((request) => !request.signal.aborted).length;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a cursor is had first, everything is read after it, and changes follow", async () => {
  const { feed, follower, asked, told } = setUp();
  feed.follow(follower);
  await vi.advanceTimersByTimeAsync(0);
  expect([asked.length, last(asked).cursor]).toEqual([1, null]);
  await last(asked).answer({ next_cursor: "one" });
  await vi.advanceTimersByTimeAsync(500);
  await last(asked).answer({ items: [change], next_cursor: "two" });
  await vi.advanceTimersByTimeAsync(500);
  expect(asked.map((request) => request.cursor)).toEqual([null, "one", "two"]);
  expect(told).toEqual(["reload", "take 1"]);
});

test("the next request is not begun before the answer is brought in", async () => {
  const { feed, follower, asked } = setUp();
  let finish = () => undefined as undefined;
  const reload = () =>
    new Promise<void>((resolve) => {
      finish = () => void resolve() as undefined;
    });
  feed.follow({ ...follower, reload });
  await vi.advanceTimersByTimeAsync(0);
  await last(asked).answer({});
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveLength(1);
  finish();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveLength(2);
});

test("requests that are answered at once begin half a second apart, those that waited follow at once", async () => {
  const { feed, follower, asked } = setUp();
  feed.follow(follower);
  await vi.advanceTimersByTimeAsync(0);
  await last(asked).answer({});
  await vi.advanceTimersByTimeAsync(499);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(20_000);
  await last(asked).answer({});
  expect(asked).toHaveLength(3);
});

test("a cursor that is of no use any more leads to reading everything", async () => {
  const { feed, follower, asked, told } = setUp();
  feed.follow(follower);
  await vi.advanceTimersByTimeAsync(0);
  await last(asked).answer({});
  await vi.advanceTimersByTimeAsync(500);
  await last(asked).answer({ reset: true, next_cursor: "fresh" });
  await vi.advanceTimersByTimeAsync(500);
  expect(told).toEqual(["reload", "reload"]);
  expect(last(asked).cursor).toBe("fresh");
});

test("after a failure the same is asked again, later each time, and nothing is skipped", async () => {
  const { feed, follower, asked, told } = setUp();
  vi.spyOn(Math, "random").mockReturnValue(1);
  feed.follow(follower);
  await vi.advanceTimersByTimeAsync(0);
  await last(asked).answer({ next_cursor: "one" });
  await vi.advanceTimersByTimeAsync(500);
  await last(asked).fail(new ApiError(502, "ApiUnavailable", "away"));
  await vi.advanceTimersByTimeAsync(1_000);
  await last(asked).fail(new ApiError(502, "ApiUnavailable", "away"));
  await vi.advanceTimersByTimeAsync(1_999);
  expect(asked).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked.map((request) => request.cursor)).toEqual([null, "one", "one", "one"]);
  expect(told).toEqual(["reload", "lose away", "lose away"]);
});

test("a connection that was lost in silence is given up after forty seconds", async () => {
  const { feed, follower, asked, told } = setUp();
  feed.follow(follower);
  await vi.advanceTimersByTimeAsync(0);
  await last(asked).answer({ next_cursor: "one" });
  await vi.advanceTimersByTimeAsync(500 + 39_999);
  expect(last(asked).signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1_001);
  expect(told).toEqual(["reload", "lose The server does not answer. Check the connection."]);
  expect([inFlight(asked, 1), last(asked).cursor]).toEqual([1, "one"]);
});

test("what is there is read even where nobody tells what changes", async () => {
  const { feed, follower, asked, told } = setUp();
  feed.follow(follower);
  await vi.advanceTimersByTimeAsync(0);
  await last(asked).fail(new ApiError(500, "InternalError", "broken"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual(["reload", "lose broken"]);
  expect([asked.length, last(asked).cursor]).toEqual([2, null]);
});

test("changes that could not be brought in are asked for again", async () => {
  const { feed, follower, asked, told } = setUp();
  const take = () => Promise.reject(new Error("no list"));
  feed.follow({ ...follower, take });
  await vi.advanceTimersByTimeAsync(0);
  await last(asked).answer({ next_cursor: "one" });
  await vi.advanceTimersByTimeAsync(500);
  await last(asked).answer({ items: [change], next_cursor: "two" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(last(asked).cursor).toBe("one");
  expect(told).toEqual(["reload", "lose no list"]);
});

test("whoever follows takes the place of the one before: one request is under way", async () => {
  const { feed, follower, asked, told } = setUp();
  for (let view = 0; view < 5; view += 1) feed.follow(follower);
  await vi.advanceTimersByTimeAsync(0);
  expect(inFlight(asked, 0)).toBe(1);
  const end = feed.follow(follower);
  await vi.advanceTimersByTimeAsync(0);
  expect(inFlight(asked, 0)).toBe(1);
  end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(inFlight(asked, 0)).toBe(0);
  expect(told).toEqual([]);
});

test("hiding the page ends the request without a word, and showing it goes on where it was", async () => {
  const { feed, follower, asked, told, hide, show } = setUp();
  feed.follow(follower);
  await vi.advanceTimersByTimeAsync(0);
  await last(asked).answer({ next_cursor: "one" });
  await vi.advanceTimersByTimeAsync(500);
  hide();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(last(asked).signal.aborted).toBe(true);
  expect(asked).toHaveLength(2);
  show();
  await vi.advanceTimersByTimeAsync(0);
  expect(last(asked).cursor).toBe("one");
  expect([inFlight(asked, 1), told]).toEqual([1, ["reload"]]);
});

test("pages that failed together come back apart, after half a minute at most", () => {
  expect([backoffMs(1, 0), backoffMs(1, 1)]).toEqual([500, 1_000]);
  expect([backoffMs(3, 0), backoffMs(3, 1)]).toEqual([2_000, 4_000]);
  expect([backoffMs(40, 0), backoffMs(40, 1)]).toEqual([15_000, 30_000]);
});
