import { expect, test } from "vitest";
import type { ApiClient } from "../../src/api/client";
import { ApiError } from "../../src/api/http";
import { PARTS_AT_ONCE, TRIES } from "../../src/domain/uploads";
import { Outbox } from "../../src/uploads/outbox";
import { type Means, type PutPart, Sending } from "../../src/uploads/sending";
import { UploadShelf } from "../../src/uploads/shelf";

const PART = 10;
const file = new File([new Uint8Array(45)], "film.mp4", { lastModified: 7 });

/** A server that keeps parts in memory. `put` may be replaced to fail. */
function startServer(change: { put?: PutPart; api?: Partial<ApiClient> } = {}) {
  const asked: string[] = [];
  const stored = new Map<number, number>();
  const kept = new Map<string, string>();
  const shelf = new UploadShelf(
    { getItem: (name) => kept.get(name) ?? null, setItem: (name, text) => void kept.set(name, text) },
    "ann",
  );
  const put: PutPart = async (url, body) => {
    stored.set(Number(url.split("/")[1]), body.size);
    return `"${url}"`;
  };
  const api = {
    beginUpload: async () => {
      asked.push("begin");
      const part_urls = [1, 2, 3, 4, 5].map((number) => `first/${number}`);
      return { upload_id: "u", part_size_bytes: PART, part_urls };
    },
    signParts: async (_: string, numbers: readonly number[]) => {
      asked.push(`sign ${[...new Set(numbers)].join()}`);
      return {
        part_size_bytes: PART,
        part_urls: numbers.map((part_number) => ({ part_number, url: `fresh/${part_number}` })),
        parts: [...stored].map(([part_number, size_bytes]) => ({ part_number, size_bytes, etag: "e" })),
      };
    },
    completeUpload: async (_: string, parts: readonly unknown[]) => {
      asked.push(`complete ${parts.length}`);
      return { video_id: "v" };
    },
    abortUpload: async () => {
      asked.push("abort");
    },
    ...change.api,
  } as unknown as ApiClient;
  const means: Means = { api, shelf, put: change.put ?? put, wait: async () => undefined };
  return { asked, stored, shelf, means, put };
}

const refuse = (status: number, code = "NotStored") => new ApiError(status, code, "It was refused.");

test("a file is sent in its parts and becomes a video", async () => {
  const { means, asked, stored, shelf } = startServer();
  const sending = new Sending(file, means);
  await sending.run();
  expect(sending.state.value).toMatchObject({ phase: "done", videoId: "v", problem: null });
  expect(asked).toEqual(["begin", "complete 5"]);
  expect([...stored.values()].sort()).toEqual([10, 10, 10, 10, 5]);
  expect(shelf.find(file)).toBeNull();
});

test("no more than three parts are under way at once", async () => {
  let underWay = 0;
  let most = 0;
  const put: PutPart = async () => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve));
    underWay -= 1;
    return "e";
  };
  await new Sending(file, startServer({ put }).means).run();
  expect(most).toBe(PARTS_AT_ONCE);
});

test("a part that failed is tried again under a fresh URL, and the others are not", async () => {
  const tried: string[] = [];
  const put: PutPart = async (url) => {
    tried.push(url);
    if (url === "first/2") throw refuse(403);
    return "e";
  };
  const { means, asked } = startServer({ put });
  const sending = new Sending(file, means);
  await sending.run();
  expect(sending.state.value.phase).toBe("done");
  expect(tried.sort()).toEqual(["first/1", "first/2", "first/3", "first/4", "first/5", "fresh/2"]);
  expect(asked).toEqual(["begin", "sign 2", "complete 5"]);
});

test("a part that always fails ends in a sentence, and trying again sends only what is missing", async () => {
  const server = startServer();
  let isBroken = true;
  let tries = 0;
  const put: PutPart = async (url, body, onProgress, signal) => {
    if (isBroken && url.endsWith("/3")) {
      tries += 1;
      throw refuse(500);
    }
    return server.put(url, body, onProgress, signal);
  };
  const sending = new Sending(file, { ...server.means, put });
  await sending.run();
  expect(tries).toBe(TRIES);
  expect(sending.state.value.phase).toBe("failed");
  expect(sending.state.value.problem).toBe(
    "Part 3 could not be sent. It was refused. What was sent is kept.",
  );
  isBroken = false;
  const before = server.stored.size;
  expect(before).toBeLessThan(5);
  await sending.run();
  expect(sending.state.value).toMatchObject({ phase: "done", videoId: "v" });
  expect(server.asked.filter((ask) => ask === "begin")).toHaveLength(1);
});

test("the same file chosen after a reload goes on where it stopped", async () => {
  const { means, stored, shelf, asked } = startServer();
  shelf.keep(file, "u");
  stored.set(1, 10).set(4, 10);
  await new Sending(file, means).run();
  expect(asked).toEqual(["sign ", "sign 2,3,5", "complete 5"]);
  expect(stored.size).toBe(5);
});

test("another file of the same name begins anew", async () => {
  const { means, shelf, asked } = startServer();
  shelf.keep({ ...file, name: file.name, size: file.size, lastModified: 8 }, "u");
  await new Sending(file, means).run();
  expect(asked[0]).toBe("begin");
});

test("an upload that was completed before the page heard of it is a video", async () => {
  const closed = new ApiError(409, "UploadClosed", "It is complete.", { state: "complete", video_id: "w" });
  const { means, shelf, asked } = startServer({ api: { signParts: () => Promise.reject(closed) } });
  shelf.keep(file, "u");
  const sending = new Sending(file, means);
  await sending.run();
  expect(sending.state.value).toMatchObject({ phase: "done", videoId: "w" });
  expect(asked).toEqual([]);
});

test("an upload that has run out begins anew", async () => {
  const gone = new ApiError(409, "UploadClosed", "It has run out.", { state: "aborted", video_id: null });
  const { means, shelf, asked } = startServer({ api: { signParts: () => Promise.reject(gone) } });
  shelf.keep(file, "u");
  await new Sending(file, means).run();
  expect(asked).toEqual(["begin", "complete 5"]);
});

test("a part that the storage lost is sent again before the parts are joined", async () => {
  let completions = 0;
  const server = startServer({
    api: {
      completeUpload: async () => {
        completions += 1;
        if (completions > 1) return { video_id: "v" };
        server.stored.delete(2);
        throw refuse(409, "UploadIncomplete");
      },
    },
  });
  const sending = new Sending(file, server.means);
  await sending.run();
  expect(sending.state.value.phase).toBe("done");
  expect(server.stored.size).toBe(5);
});

test("joining is asked for again while the server takes its time", async () => {
  let completions = 0;
  const completeUpload = async () => {
    completions += 1;
    if (completions < 4) throw refuse(504, "ApiUnavailable");
    return { video_id: "v" };
  };
  const sending = new Sending(file, startServer({ api: { completeUpload } }).means);
  await sending.run();
  expect([completions, sending.state.value.phase]).toEqual([4, "done"]);
});

test("an upload that is cancelled is forgotten on both sides and stays cancelled", async () => {
  const put: PutPart = (_url, _body, _progress, signal) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const { means, asked, shelf } = startServer({ put });
  const outbox = new Outbox(means);
  outbox.add([file]);
  const sending = outbox.files.value[0];
  if (!sending) throw new Error("The file is not on the list.");
  await expect.poll(() => sending.state.value.parts.length).toBe(5);
  outbox.remove(sending);
  await expect.poll(() => asked).toEqual(["begin", "abort"]);
  expect([sending.state.value.phase, shelf.find(file), outbox.files.value]).toEqual(["cancelled", null, []]);
});

test("files are sent one after the other, and one that fails holds up none", async () => {
  const order: string[] = [];
  const beginUpload = async (name: string) => {
    order.push(name);
    if (name === "a") throw refuse(400, "UnsupportedMedia");
    return { upload_id: "u", part_size_bytes: PART, part_urls: ["first/1"] };
  };
  const outbox = new Outbox(startServer({ api: { beginUpload } }).means);
  outbox.add(["a", "b", "c"].map((name) => new File(["x"], name)));
  await expect.poll(() => outbox.isSending).toBe(false);
  expect(order).toEqual(["a", "b", "c"]);
  expect(outbox.files.value.map((sending) => sending.state.value.phase)).toEqual(["failed", "done", "done"]);
});
