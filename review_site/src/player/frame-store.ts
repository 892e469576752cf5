/**
 * Decoded frames of one proxy, by number: read, decoded once however often asked, and kept for a while. A request
 * that nobody waits for any more is dropped before it is decoded.
 */

import type { Rate } from "../domain/timecode";
import type { SignedObject } from "./byte-source";
import { FrameCache } from "./frame-cache";
import { FrameDecoder } from "./frame-decoder";
import { ProxyTrack } from "./proxy-track";

/** Decoders lend their frames from a small pool, so not many may be kept. */
const KEPT_FRAMES = 12;

interface Request {
  readonly done: Promise<void>;
  /** Who still waits for it; at zero it is dropped. */
  waiting: number;
}

export class FrameStore {
  private readonly cache = new FrameCache<VideoFrame>(KEPT_FRAMES);
  private readonly requests = new Map<number, Request>();
  private readonly decoder: FrameDecoder;
  private closed = false;

  private constructor(private readonly track: ProxyTrack) {
    this.decoder = new FrameDecoder(track.decoderConfig);
  }

  static async open(object: SignedObject, rate: Rate): Promise<FrameStore> {
    return new FrameStore(await ProxyTrack.open(object, rate));
  }

  /** The frame if it is decoded already. Draw it at once: it is closed when it leaves the cache. */
  peek(frame: number): VideoFrame | null {
    return this.cache.get(frame);
  }

  /** Resolves when `frame` can be peeked. Rejects with AbortError when `signal` ends the wait. */
  async request(frame: number, signal?: AbortSignal): Promise<void> {
    if (this.cache.has(frame)) return;
    const request = this.requests.get(frame) ?? this.begin(frame);
    const leave = () => (request.waiting -= 1);
    request.waiting += 1;
    signal?.addEventListener("abort", leave, { once: true });
    try {
      await request.done;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
    signal?.throwIfAborted();
  }

  isRequested(frame: number): boolean {
    return this.requests.has(frame);
  }

  close(): void {
    this.closed = true;
    this.decoder.close();
    this.track.close();
    this.cache.clear();
  }

  private begin(frame: number): Request {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const request: Request = { done: promise, waiting: 0 };
    this.requests.set(frame, request);
    this.fetch(frame, request)
      .finally(() => this.forget(frame, request))
      .then(resolve, reject);
    return request;
  }

  private async fetch(frame: number, request: Request): Promise<void> {
    const chunk = await this.track.readChunk(frame);
    if (this.closed || request.waiting === 0) {
      this.forget(frame, request);
      throw new DOMException(`Nobody waits for frame ${frame}.`, "AbortError");
    }
    const picture = await this.decoder.decode(chunk);
    if (this.closed) picture.close();
    else this.cache.put(frame, picture);
  }

  private forget(frame: number, request: Request): void {
    if (this.requests.get(frame) === request) this.requests.delete(frame);
  }
}
