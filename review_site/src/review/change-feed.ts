/**
 * The live view: asks the server what changed, which answers when something did, and asks again. The only owner of that
 * request: whoever follows takes the place of the follower before, so a page never has two of them under way. Asks only
 * while somebody is there. Knows no DOM.
 */

import type { ApiClient } from "../api/client";
import { ApiError } from "../api/http";
import type { Change } from "../api/types";
import type { Attention } from "./attention";

export interface Follower {
  readonly show: "videos" | "clips";
  /** Changes of this video only; null: of all. */
  readonly videoId: string | null;
  /** Read everything. What changes from now on is told afterwards. Shows its own failures. */
  reload(ended: AbortSignal): Promise<void>;
  /** Bring in what changed; an empty list says that the server is there. Asked to again if it throws. */
  take(changes: readonly Change[], ended: AbortSignal): Promise<void>;
  /** The server does not answer; it is asked again. */
  lose(error: unknown): void;
}

/** Two requests begin no sooner after each other: what changes all the time is told twice a second. */
const SPACING_MS = 500;
/** The server answers after 20 s at the latest; a connection that was lost in silence would be waited for without end. */
const SILENCE_MS = 40_000;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;

const SILENT = "The server does not answer. Check the connection.";

export class ChangeFeed {
  private following = new AbortController();

  constructor(
    private readonly api: Pick<ApiClient, "listChanges">,
    private readonly attention: Pick<Attention, "wait" | "untilHidden">,
  ) {}

  /** Begin to follow, in place of whoever did; returns how to end it. */
  follow(follower: Follower): () => void {
    this.following.abort();
    const following = new AbortController();
    this.following = following;
    void this.run(follower, following.signal);
    return () => following.abort();
  }

  private async run(follower: Follower, ended: AbortSignal): Promise<void> {
    let cursor: string | null = null;
    let failures = 0;
    while (!ended.aborted) {
      await this.attention.wait(ended);
      if (ended.aborted) return;
      const hidden = this.attention.untilHidden;
      const beganMs = performance.now();
      try {
        cursor = await this.ask(follower, cursor, ended, hidden);
        failures = 0;
        await pause(SPACING_MS - (performance.now() - beganMs), ended);
      } catch (error) {
        if (ended.aborted || hidden.aborted) continue;
        if (cursor === null) await follower.reload(ended).catch(() => undefined); // without news, at least what is there
        follower.lose(error);
        failures += 1;
        await pause(backoffMs(failures, Math.random()), ended);
      }
    }
  }

  /** One request and what it leads to; the cursor for the next. */
  private async ask(
    follower: Follower,
    cursor: string | null,
    ended: AbortSignal,
    hidden: AbortSignal,
  ): Promise<string> {
    const { show, videoId } = follower;
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new ApiError(0, "Unreachable", SILENT)), SILENCE_MS);
    const signal = AbortSignal.any([ended, hidden, silence.signal]);
    const answer = await this.api
      .listChanges({ cursor, show, video_id: videoId }, signal)
      .finally(() => clearTimeout(timer));
    if (ended.aborted) return answer.next_cursor;
    if (cursor === null || answer.reset) await follower.reload(ended);
    else await follower.take(answer.items, ended);
    return answer.next_cursor;
  }
}

/** Twice as long after each failure, and never for all pages at the same time; `random` from 0 to 1. */
export function backoffMs(failures: number, random: number): number {
  const longest = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
  return longest * (0.5 + random / 2);
}

function pause(ms: number, ended: AbortSignal): Promise<void> {
  if (ms <= 0 || ended.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      ended.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    ended.addEventListener("abort", done);
  });
}
