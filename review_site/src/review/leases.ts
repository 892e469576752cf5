/**
 * The leases that keep clips for one reviewer while the page is open: taken a run at a time, renewed well before
 * they end, given back when the page is left.
 */

import type { ApiClient } from "../api/client";
import { ApiError } from "../api/http";
import type { Clip } from "../api/types";

const CLIPS_PER_LEASE = 10;
const RENEW_EVERY_MS = 120_000;

export class LeaseKeeper {
  private readonly leaseIds = new Set<string>();
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly api: ApiClient) {}

  /** The next run of clips, of one video or of any; empty when nothing is left that nobody else has. */
  async next(videoId: string | null): Promise<readonly Clip[]> {
    const { items, lease_id } = await this.api.leaseNext({
      video_id: videoId,
      count: CLIPS_PER_LEASE,
      holding: [...this.leaseIds],
    });
    if (lease_id) this.keep(lease_id);
    return items;
  }

  /** Give everything back. Best effort: what is not given back runs out by itself. */
  async end(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    const ids = [...this.leaseIds];
    this.leaseIds.clear();
    await Promise.allSettled(ids.map((id) => this.api.endLease(id)));
  }

  private keep(leaseId: string): void {
    this.leaseIds.add(leaseId);
    this.timer ??= setInterval(() => this.renewAll(), RENEW_EVERY_MS);
  }

  private renewAll(): void {
    for (const id of this.leaseIds) {
      this.api.renewLease(id).catch((error: unknown) => {
        if (error instanceof ApiError && !error.isTransient) this.leaseIds.delete(id);
      });
    }
  }
}
