/**
 * One file on its way: begun or resumed, sent in parts of which three are under way, each tried again with a fresh
 * URL where it fails, and joined at the end. Knows nothing of the page.
 */

import type { ApiClient } from "../api/client";
import { ApiError } from "../api/http";
import { explainError } from "../api/refusals";
import type { UploadParts } from "../api/types";
import { Store } from "../domain/store";
import * as parts from "../domain/uploads";
import type { UploadShelf } from "./shelf";

export type Phase = "waiting" | "sending" | "joining" | "done" | "failed" | "cancelled";

export interface SendingState {
  readonly phase: Phase;
  readonly parts: parts.Parts;
  /** A sentence for people, when `failed`. */
  readonly problem: string | null;
  /** What the file has become, when `done`. */
  readonly videoId: string | null;
}

export type PutPart = (
  url: string,
  body: Blob,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
) => Promise<string>;

export interface Means {
  readonly api: ApiClient;
  readonly shelf: UploadShelf;
  readonly put: PutPart;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The server has the parts no more, so there is nothing to go on with. */
const GONE: ReadonlySet<string> = new Set(["UploadClosed", "NotFound"]);
const JOINING_ROUNDS = 3;
const URLS_AT_ONCE = 100;

export class Sending {
  /** Only for the page: tells two choices of the same file apart. */
  readonly id = crypto.randomUUID();
  readonly state = new Store<SendingState>({ phase: "waiting", parts: [], problem: null, videoId: null });
  private uploadId: string | null = null;
  private readonly urls = new Map<number, string>();
  private key = crypto.randomUUID();
  private signing: Promise<void> | null = null;
  private stopping = new AbortController();

  constructor(
    readonly file: File,
    private readonly means: Means,
  ) {}

  /** Send until the file is a video or a person has to decide; then `phase` says which. Never throws. */
  async run(): Promise<void> {
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    this.state.update({ phase: "sending", problem: null });
    try {
      const videoId = (await this.open()) ?? (await this.sendAndJoin(signal));
      this.means.shelf.forget(this.file);
      this.state.update({ phase: "done", videoId });
    } catch (error) {
      if (signal.aborted) return;
      this.stopping.abort();
      if (error instanceof ApiError && GONE.has(error.code)) this.forget();
      this.state.update({ phase: "failed", problem: explainError(error) });
    }
  }

  /** Stop sending. What was sent stays with the server, and choosing the file again goes on. */
  stop(): void {
    this.stopping.abort();
    this.state.update({ phase: "cancelled" });
  }

  /** Stop, and have the server forget what was sent. */
  async cancel(): Promise<void> {
    this.stop();
    const id = this.uploadId;
    this.forget();
    // What is not removed now is removed by the storage after a week.
    if (id !== null) await this.means.api.abortUpload(id).catch(() => undefined);
  }

  /** Begin, or find out what is there; the video's id where nothing is left to do. */
  private async open(): Promise<string | null> {
    this.uploadId ??= this.means.shelf.find(this.file);
    if (this.uploadId === null) {
      await this.begin();
      return null;
    }
    try {
      this.take(await this.means.api.signParts(this.uploadId, []));
      return null;
    } catch (error) {
      if (!(error instanceof ApiError) || !GONE.has(error.code)) throw error;
      const videoId = error.details["video_id"];
      if (typeof videoId === "string") return videoId;
      this.forget();
      await this.begin();
      return null;
    }
  }

  private async begin(): Promise<void> {
    const { name, size } = this.file;
    const upload = await this.means.api.beginUpload(name, size, this.key);
    this.uploadId = upload.upload_id;
    this.means.shelf.keep(this.file, upload.upload_id);
    upload.part_urls.forEach((url, at) => {
      this.urls.set(at + 1, url);
    });
    this.state.update({ parts: parts.cutParts(size, upload.part_size_bytes) });
  }

  private take(answer: UploadParts): void {
    this.state.update({ parts: parts.cutParts(this.file.size, answer.part_size_bytes, answer.parts) });
  }

  private async sendAndJoin(signal: AbortSignal): Promise<string> {
    for (let round = 1; ; round += 1) {
      await this.sendAll(signal);
      this.state.update({ phase: "joining" });
      try {
        return await this.join(signal);
      } catch (error) {
        if (!isIncomplete(error) || round >= JOINING_ROUNDS) throw error;
        this.take(await this.means.api.signParts(this.begunId, []));
        this.state.update({ phase: "sending" });
      }
    }
  }

  private sendAll(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = () => {
        if (signal.aborted) return reject(signal.reason);
        const all = this.state.value.parts;
        if (parts.isSent(all)) return resolve();
        for (const part of parts.nextParts(all)) {
          this.change((known) => parts.beginPart(known, part.number));
          this.sendPart(part, signal).then(next, reject);
        }
      };
      next();
    });
  }

  /** One try. Throws when it was the last. */
  private async sendPart(part: parts.Part, signal: AbortSignal): Promise<void> {
    const { number } = part;
    try {
      const url = await this.urlOf(number);
      const body = this.file.slice(part.start, part.end);
      const etag = await this.means.put(
        url,
        body,
        (sent) => this.change((known) => parts.advancePart(known, number, sent)),
        signal,
      );
      this.change((known) => parts.finishPart(known, number, etag));
    } catch (error) {
      if (signal.aborted) throw error;
      this.urls.delete(number);
      if (error instanceof ApiError && GONE.has(error.code)) throw error;
      await this.pause(number, error, signal);
    }
  }

  private async pause(number: number, error: unknown, signal: AbortSignal): Promise<void> {
    const failures = 1 + (this.state.value.parts[number - 1]?.failures ?? 0);
    if (failures < parts.TRIES) await this.means.wait(parts.pauseMs(failures), signal);
    this.change((known) => parts.failPart(known, number));
    if (failures >= parts.TRIES) {
      throw new Error(`Part ${number} could not be sent. ${explainError(error)} What was sent is kept.`);
    }
  }

  /** The URL that the part was given, or a fresh one after a try that failed: it may have run out. */
  private async urlOf(number: number): Promise<string> {
    if (!this.urls.has(number)) await this.signMissing();
    if (!this.urls.has(number)) await this.signMissing(); // the first was asked for before this part lost its URL
    const url = this.urls.get(number);
    if (url === undefined) throw new Error("The server gave no address for a part. Try again.");
    return url;
  }

  /** URLs for the next parts that have none. Parts that ask at the same time share one request. */
  private signMissing(): Promise<void> {
    this.signing ??= this.sign().finally(() => {
      this.signing = null;
    });
    return this.signing;
  }

  private async sign(): Promise<void> {
    const missing = this.state.value.parts.filter(
      (part) => part.state !== "sent" && !this.urls.has(part.number),
    );
    const numbers = missing.slice(0, URLS_AT_ONCE).map((part) => part.number);
    const answer = await this.means.api.signParts(this.begunId, numbers);
    for (const part of answer.part_urls) this.urls.set(part.part_number, part.url);
  }

  /** Joining a large file takes S3 minutes; the server may be asked again until it is done. */
  private async join(signal: AbortSignal): Promise<string> {
    for (let failures = 1; ; failures += 1) {
      try {
        return (await this.means.api.completeUpload(this.begunId, parts.listEtags(this.state.value.parts)))
          .video_id;
      } catch (error) {
        const again = error instanceof ApiError && error.isTransient && failures < 2 * parts.TRIES;
        if (!again || signal.aborted) throw error;
        await this.means.wait(parts.pauseMs(failures), signal);
      }
    }
  }

  private get begunId(): string {
    if (this.uploadId === null) throw new Error("The upload has not begun.");
    return this.uploadId;
  }

  private forget(): void {
    this.means.shelf.forget(this.file);
    this.uploadId = null;
    this.key = crypto.randomUUID();
    this.urls.clear();
  }

  private change(by: (known: parts.Parts) => parts.Parts): void {
    this.state.update({ parts: by(this.state.value.parts) });
  }
}

function isIncomplete(error: unknown): boolean {
  return error instanceof ApiError && error.code === "UploadIncomplete";
}
