/**
 * An object behind a signed URL as a source that mediabunny reads: ranged requests with mediabunny's own read-ahead
 * and cache. A URL that has run out is replaced and the read goes on; nothing else is known about what is read.
 */

import { CustomSource } from "mediabunny";
import { ApiError, type ByteRange, fetchRange } from "../api/http";

const CACHE_BYTES = 96 * 2 ** 20;
const ATTEMPTS = 4;
const FIRST_DELAY_MS = 250;

/** Where an object is now, and how to ask for a new URL when that one has run out. */
export interface SignedObject {
  url: string;
  readonly renew: () => Promise<string>;
}

export function createByteSource(object: SignedObject): CustomSource {
  return new CustomSource({
    getSize: async () => {
      const { body, totalBytes } = await readPersistently(object, 0, 1);
      await body.cancel();
      return totalBytes;
    },
    read: async (start, end) => (await readPersistently(object, start, end)).body,
    maxCacheSize: CACHE_BYTES,
    prefetchProfile: "network",
    handleUnhandledError: () => undefined, // the read that needs these bytes fails by itself
  });
}

async function readPersistently(object: SignedObject, start: number, end: number): Promise<ByteRange> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchRange(object.url, start, end);
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof ApiError)) throw error;
      if (error.status === 401 || error.status === 403) object.url = await object.renew();
      else if (error.isTransient) await delay(FIRST_DELAY_MS * 2 ** (attempt - 1));
      else throw error;
    }
  }
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
