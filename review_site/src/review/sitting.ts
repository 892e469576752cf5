/**
 * One reviewer's sitting: the queue, and the decisions on their way to the server. A decision shows at once and is
 * sent in the order in which it was made; one that is not kept is put back with a sentence why. Knows no DOM.
 */

import type { ApiClient } from "../api/client";
import { readCurrentClip } from "../api/refusals";
import type { Clip, VideoDetail } from "../api/types";
import { DECIDED_STATE, type Decision, isPending, isReviewable } from "../domain/clips";
import { applyListing, applyNews, findSurprise } from "../domain/news";
import {
  canDecide,
  confirm,
  countQueue,
  createQueue,
  currentClip,
  decide,
  findClip,
  holdClips,
  isMine,
  knownVersion,
  moveBy,
  nextOfMine,
  openFirst,
  putBack,
  type Queue,
  selectClip,
  undoLast,
} from "../domain/queue";
import { formatTimecode, parseRate } from "../domain/timecode";
import type { LeaseKeeper } from "./leases";
import { showOldCuts } from "./new-cuts";
import {
  explainError,
  type Notice,
  sayChanged,
  sayDecided,
  sayElsewhere,
  sayNotKept,
  sayNotUndone,
  sayReleased,
  sayUndone,
} from "./notices";
import { Store } from "./store";

export interface SittingState {
  readonly phase: "loading" | "ready" | "failed";
  readonly problem: string | null;
  readonly queue: Queue<Clip>;
  readonly videos: ReadonlyMap<string, VideoDetail>;
  readonly notice: Notice | null;
  readonly releasing: boolean;
}

/** Ask for more clips when no more than this many of mine are left. */
const LOW_WATER = 3;

export class Sitting {
  readonly state = new Store<SittingState>({
    phase: "loading",
    problem: null,
    queue: createQueue<Clip>([]),
    videos: new Map(),
    notice: null,
    releasing: false,
  });
  private sending: Promise<void> = Promise.resolve();
  private leasing = false;

  /** `videoId` null: clips of any video. */
  constructor(
    private readonly api: ApiClient,
    private readonly leases: LeaseKeeper,
    readonly videoId: string | null,
  ) {}

  async load(): Promise<void> {
    this.state.update({ phase: "loading", problem: null });
    try {
      const clips = this.videoId === null ? [] : await this.loadVideo(this.videoId);
      this.state.update({ queue: createQueue(clips) });
      await this.lease();
      this.state.update({ phase: "ready", queue: openFirst(this.queue) });
    } catch (error) {
      this.state.update({ phase: "failed", problem: explainError(error) });
    }
  }

  /** These videos as the server has them by now, with the open clip kept open. */
  async refresh(videoIds: readonly string[] = this.videoIds): Promise<void> {
    for (const videoId of videoIds) {
      const before = this.queue;
      const clips = await this.loadVideo(videoId);
      const isKnown = (clip: Clip) => findClip(before, clip.clip_id) !== null;
      const wanted = this.videoId === null ? clips.filter(isKnown) : clips;
      this.state.update({ queue: applyListing(this.queue, videoId, wanted, before) });
    }
  }

  /** What somebody else, a wave, or this page itself did to clips. */
  hear(clips: readonly Clip[]): void {
    const surprise = findSurprise(this.queue, clips);
    if (surprise && (isReviewable(surprise) || surprise.state === "superseded")) {
      this.say(sayChanged(this.nameOf(surprise), surprise.state));
    }
    this.state.update({ queue: applyNews(this.queue, clips, this.videoId !== null) });
  }

  /** Look whether there is something to review by now, and leave the open clip open. */
  async lookAgain(): Promise<void> {
    await this.hold(await this.leases.next(this.videoId));
  }

  /** The videos that are on the desk. */
  get videoIds(): readonly string[] {
    return this.videoId === null ? [...this.state.value.videos.keys()] : [this.videoId];
  }

  /** Nothing is left to decide here, and there may be something elsewhere. */
  get isDry(): boolean {
    const { clips } = this.queue;
    const mayHaveMore = this.videoId === null || clips.length === 0 || clips.some(isPending);
    return mayHaveMore && nextOfMine(this.queue, -1) < 0;
  }

  decide(decision: Decision): void {
    const clip = currentClip(this.queue);
    if (!clip) return;
    if (!canDecide(clip, decision)) {
      if (clip.state === DECIDED_STATE[decision]) this.state.update({ queue: openFirst(this.queue) });
      else
        this.say({ kind: "problem", text: `${this.nameOf(clip)} is being processed and cannot change now.` });
      return;
    }
    this.state.update({
      queue: decide(this.queue, clip.clip_id, decision),
      notice: sayDecided(decision, this.nameOf(clip)),
    });
    this.send(() => this.sendDecision(clip.clip_id, decision));
    this.leaseMore();
  }

  undo(): void {
    const step = this.queue.steps.at(-1);
    this.state.update({ queue: undoLast(this.queue) });
    this.send(() => this.sendUndo(step?.clipId ?? null));
  }

  /** Every decision that was made so far is with the server, or refused. */
  untilSent(): Promise<void> {
    return this.sending;
  }

  select(clipId: string): void {
    this.state.update({ queue: selectClip(this.queue, clipId) });
  }

  moveBy(by: number): void {
    this.state.update({ queue: moveBy(this.queue, by) });
  }

  /** Let the decided clips of these videos go on to processing. */
  async release(videoIds: readonly string[]): Promise<void> {
    this.state.update({ releasing: true });
    await this.sending;
    try {
      const answers = await Promise.all(videoIds.map((id) => this.api.releaseVideo(id)));
      this.say(sayReleased(answers.some((answer) => answer.released)));
    } catch (error) {
      this.say({ kind: "problem", text: `Nothing was released. ${explainError(error)}` });
    } finally {
      this.state.update({ releasing: false });
    }
  }

  /** A new URL of a video's proxy, for one that has run out. */
  async renewProxyUrl(videoId: string): Promise<string> {
    const url = (await this.api.getVideo(videoId)).proxy_url;
    if (!url) throw new Error("This video has no proxy any more.");
    return url;
  }

  async end(): Promise<void> {
    await this.leases.end();
  }

  private get queue(): Queue<Clip> {
    return this.state.value.queue;
  }

  private say(notice: Notice): void {
    this.state.update({ notice });
  }

  private nameOf(clip: Clip): string {
    const rate = parseRate(this.state.value.videos.get(clip.video_id)?.fps ?? "");
    return rate
      ? `clip ${formatTimecode(clip.start_frame, rate)}`
      : `the clip from frame ${clip.start_frame}`;
  }

  /** One after the other, in the order of the reviewer's keys. */
  private send(request: () => Promise<void>): void {
    this.sending = this.sending.then(request);
  }

  private async sendDecision(clipId: string, decision: Decision): Promise<void> {
    try {
      const answer = await this.api.decideClip(clipId, decision, knownVersion(this.queue, clipId));
      this.state.update({ queue: confirm(this.queue, clipId, answer.clips) });
    } catch (error) {
      const actual = readCurrentClip(error);
      const clip = actual ?? findClip(this.queue, clipId);
      const notice = sayNotKept(
        decision,
        clip ? this.nameOf(clip) : "the clip",
        error,
        actual?.state ?? null,
      );
      this.state.update({ queue: putBack(this.queue, clipId, actual ?? undefined), notice });
    }
  }

  private async sendUndo(clipId: string | null): Promise<void> {
    try {
      const { clips, clips_left_out: leftOut } = await this.api.undo();
      const undone = clips.find((clip) => clip.state !== "superseded");
      const queue = confirm(this.queue, clipId, clips);
      this.state.update({
        queue: undone ? selectClip(queue, undone.clip_id) : queue,
        notice: sayUndone(undone ? this.nameOf(undone) : null),
      });
      await showOldCuts(this, clips, leftOut);
    } catch (error) {
      const queue = clipId === null ? this.queue : putBack(this.queue, clipId);
      this.state.update({ queue, notice: sayNotUndone(error) });
    }
  }

  private async loadVideo(videoId: string): Promise<Clip[]> {
    const [video, clips] = await Promise.all([this.api.getVideo(videoId), this.api.listClips(videoId)]);
    this.state.update({ videos: new Map(this.state.value.videos).set(videoId, video) });
    return clips;
  }

  /** Keep a few clips of mine ahead. Asked again while one is under way, that one counts. */
  private leaseMore(): void {
    const left = this.queue.clips.filter((clip) => isMine(this.queue, clip)).length;
    if (left > LOW_WATER || this.leasing) return;
    this.leasing = true;
    this.lease()
      .catch((error: unknown) => this.say({ kind: "problem", text: explainError(error) }))
      .finally(() => {
        this.leasing = false;
      });
  }

  private async lease(): Promise<void> {
    const wasDry = nextOfMine(this.queue, -1) < 0;
    await this.lookAgain();
    if (wasDry) this.state.update({ queue: openFirst(this.queue) });
    if (nextOfMine(this.queue, -1) < 0 && countQueue(this.queue).pending > 0) this.say(sayElsewhere());
  }

  private async hold(clips: readonly Clip[]): Promise<void> {
    const unknown = new Set(
      clips.map((clip) => clip.video_id).filter((id) => !this.state.value.videos.has(id)),
    );
    const videos = await Promise.all([...unknown].map((id) => this.api.getVideo(id)));
    const known = new Map(this.state.value.videos);
    for (const video of videos) known.set(video.video_id, video);
    this.state.update({ videos: known, queue: holdClips(this.queue, clips) });
  }
}
