/**
 * One reviewer's sitting, from opening the page to leaving it: the desk, what brings clips to it and what takes
 * decisions from it. Each of these knows only those before it, and none knows the sitting. Knows no DOM.
 */

import type { ApiClient } from "../api/client";
import { explainError } from "../api/refusals";
import { Decisions } from "./decisions";
import { Desk } from "./desk";
import { LeaseKeeper } from "./leases";
import type { Notice } from "./notices";
import { Supply } from "./supply";

export class Sitting {
  readonly desk: Desk;
  readonly supply: Supply;
  readonly decisions: Decisions;

  /** `videoId` null: clips of any video. */
  constructor(
    private readonly api: ApiClient,
    videoId: string | null,
  ) {
    this.desk = new Desk(videoId);
    this.supply = new Supply(api, new LeaseKeeper(api), this.desk);
    this.decisions = new Decisions(api, this.desk, this.supply);
  }

  /** A video was cut anew: show its clips, take a lease on them, and let undo begin with that. */
  async showNewCuts(videoId: string, notice: Notice): Promise<void> {
    const { desk } = this;
    desk.setQueue({ ...desk.queue, steps: [] });
    try {
      await this.supply.showCuts([videoId]);
      desk.say(notice);
    } catch (error) {
      desk.say({ kind: "problem", text: explainError(error) });
    }
  }

  /** A new URL of a video's proxy, for one that has run out. */
  async renewProxyUrl(videoId: string): Promise<string> {
    const url = (await this.api.getVideo(videoId)).proxy_url;
    if (!url) throw new Error("This video has no proxy any more.");
    return url;
  }

  async end(): Promise<void> {
    await this.supply.end();
  }
}
