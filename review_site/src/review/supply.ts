/**
 * Brings clips to the desk: those of the video that was asked for, those that are leased, and news of either. Keeps a
 * few clips of the reviewer's own ahead. Changes nothing on the server but leases.
 */

import type { ApiClient } from "../api/client";
import { explainError } from "../api/refusals";
import type { Clip } from "../api/types";
import { isReviewable } from "../domain/clips";
import { applyListing, applyNews, findSurprise } from "../domain/news";
import { countQueue, createQueue, findClip, holdClips, isMine, nextOfMine, openFirst } from "../domain/queue";
import type { Desk } from "./desk";
import type { LeaseKeeper } from "./leases";
import { sayChanged, sayElsewhere, sayProblem } from "./notices";

/** Ask for more clips when no more than this many of mine are left. */
const LOW_WATER = 3;

export class Supply {
  private leasing = false;

  constructor(
    private readonly api: Pick<ApiClient, "getVideo" | "listClips">,
    private readonly leases: LeaseKeeper,
    private readonly desk: Desk,
  ) {}

  async load(): Promise<void> {
    const { desk } = this;
    desk.state.update({ phase: "loading", problem: null });
    try {
      const clips = desk.videoId === null ? [] : await this.loadVideo(desk.videoId);
      desk.setQueue(createQueue(clips));
      await this.lease();
      desk.state.update({ phase: "ready", queue: openFirst(desk.queue) });
    } catch (error) {
      desk.state.update({ phase: "failed", problem: explainError(error) });
    }
  }

  /** These videos as the server has them by now, with the open clip kept open. */
  async refresh(videoIds: readonly string[] = this.desk.videoIds): Promise<void> {
    for (const videoId of videoIds) {
      const before = this.desk.queue;
      const clips = await this.loadVideo(videoId);
      const isKnown = (clip: Clip) => findClip(before, clip.clip_id) !== null;
      const wanted = this.desk.videoId === null ? clips.filter(isKnown) : clips;
      this.desk.setQueue(applyListing(this.desk.queue, videoId, wanted, before));
    }
  }

  /** What somebody else, a wave, or this page itself did to clips. */
  hear(clips: readonly Clip[]): void {
    const { desk } = this;
    const surprise = findSurprise(desk.queue, clips);
    if (surprise && (isReviewable(surprise) || surprise.state === "superseded")) {
      desk.say(sayChanged(desk.nameOf(surprise), surprise.state));
    }
    desk.setQueue(applyNews(desk.queue, clips, desk.videoId !== null));
  }

  /** Look whether there is something to review by now, and leave the open clip open. */
  async lookAgain(): Promise<void> {
    await this.hold(await this.leases.next(this.desk.videoId));
  }

  /** Cuts of these videos came or went by the reviewer's own doing: show the clips there are now, and lease some. */
  async showCuts(videoIds: readonly string[]): Promise<void> {
    await this.refresh(videoIds);
    await this.lookAgain();
  }

  /** Keep a few clips of mine ahead. Asked again while one is under way, that one counts. */
  leaseMore(): void {
    const { queue } = this.desk;
    const left = queue.clips.filter((clip) => isMine(queue, clip)).length;
    if (left > LOW_WATER || this.leasing) return;
    this.leasing = true;
    this.lease()
      .catch((error: unknown) => this.desk.say(sayProblem(error)))
      .finally(() => {
        this.leasing = false;
      });
  }

  private async loadVideo(videoId: string): Promise<Clip[]> {
    const [video, clips] = await Promise.all([this.api.getVideo(videoId), this.api.listClips(videoId)]);
    this.desk.addVideos([video]);
    return clips;
  }

  private async lease(): Promise<void> {
    const { desk } = this;
    const wasDry = nextOfMine(desk.queue, -1) < 0;
    await this.lookAgain();
    if (wasDry) desk.setQueue(openFirst(desk.queue));
    if (nextOfMine(desk.queue, -1) < 0 && countQueue(desk.queue).pending > 0) desk.say(sayElsewhere());
  }

  private async hold(clips: readonly Clip[]): Promise<void> {
    const { desk } = this;
    const known = desk.state.value.videos;
    const unknown = new Set(clips.map((clip) => clip.video_id).filter((id) => !known.has(id)));
    desk.addVideos(await Promise.all([...unknown].map((id) => this.api.getVideo(id))));
    desk.setQueue(holdClips(desk.queue, clips));
  }
}
