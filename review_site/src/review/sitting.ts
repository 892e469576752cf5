/**
 * One reviewer's sitting, from opening the page to leaving it: the desk, what brings clips to it and what takes
 * decisions from it. Each of these knows only those before it, and none knows the sitting. Knows no DOM.
 */

import type { ApiClient } from "../api/client";
import type { DetectAnswer } from "../api/types";
import { describeChange } from "../domain/redetection";
import { Decisions } from "./decisions";
import { Desk } from "./desk";
import { LeaseKeeper } from "./leases";
import { sayCutAnew, sayProblem } from "./notices";
import { Supply } from "./supply";

export class Sitting {
  readonly desk: Desk;
  readonly supply: Supply;
  readonly decisions: Decisions;
  private readonly leases: LeaseKeeper;

  /** `videoId` null: clips of any video. */
  constructor(
    private readonly api: ApiClient,
    videoId: string | null,
  ) {
    this.desk = new Desk(videoId);
    this.leases = new LeaseKeeper(api);
    this.supply = new Supply(api, this.leases, this.desk);
    this.decisions = new Decisions(api, this.desk, this.supply);
  }

  /** A video was cut anew: show its clips, take a lease on them, and let undo begin with that. */
  async showNewCuts(videoId: string, answer: DetectAnswer): Promise<void> {
    const { desk } = this;
    desk.setQueue({ ...desk.queue, steps: [] });
    try {
      await this.supply.showCuts([videoId]);
      desk.say(sayCutAnew(describeChange(answer)));
    } catch (error) {
      desk.say(sayProblem(error));
    }
  }

  /** A new URL of a video's proxy, for one that has run out. */
  async renewProxyUrl(videoId: string): Promise<string> {
    const url = (await this.api.getVideo(videoId)).proxy_url;
    if (!url) throw new Error("This video has no proxy any more.");
    return url;
  }

  /** Give back what is leased. */
  async end(): Promise<void> {
    await this.leases.end();
  }
}
