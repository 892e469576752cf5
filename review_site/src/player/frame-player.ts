/**
 * Shows exact frames of clips on a canvas: seek, step, play in a loop. The number it reports is always that of the
 * picture on the canvas, and the picture always ends at the frame that was asked for last.
 */

import {
  advance,
  dueBy,
  frameOf,
  type PlayClock,
  showable,
  startClock,
  waitForFrames,
} from "../domain/play-clock";
import { changeSpeed, clampFrame, type FrameRange } from "../domain/timeline";
import type { FrameStore } from "./frame-store";
import { type PlayableVideo, StoreShelf } from "./store-shelf";

/** Frames that playing asks for before they are due. */
const LOOKAHEAD = 5;

/** A move by more than this is a jump, after which single frames are the likeliest. */
const LONGEST_STEP = 10;

/** What is on the canvas. `shown` is null until the first picture of the clip is there. */
export interface PlayerStatus {
  readonly shown: number | null;
  readonly playing: boolean;
  readonly speed: number;
  readonly problem: string | null;
}

interface OpenClip {
  readonly video: PlayableVideo;
  readonly range: FrameRange;
  readonly closing: AbortController;
}

export class FramePlayer {
  private readonly shelf = new StoreShelf();
  private readonly context: CanvasRenderingContext2D;
  private clip: OpenClip | null = null;
  private store: FrameStore | null = null;
  private target = 0;
  private stride = 1;
  private pursuing = false;
  private clock: PlayClock | null = null;
  private timer = 0;
  private status: PlayerStatus = { shown: null, playing: false, speed: 1, problem: null };

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly onStatus: (status: PlayerStatus) => void,
  ) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("This browser cannot draw on a canvas.");
    this.context = context;
  }

  /** Show `frame` of a clip. The picture of the clip before stays until then, but no longer counts as shown. */
  async open(video: PlayableVideo, range: FrameRange, frame: number): Promise<void> {
    this.leaveClip();
    const clip: OpenClip = { video, range, closing: new AbortController() };
    this.clip = clip;
    this.target = clampFrame(frame, range);
    this.report({ shown: null, problem: null });
    try {
      const store = await this.shelf.open(video);
      if (this.clip === clip) this.store = store;
    } catch (error) {
      if (this.clip === clip) this.explain(error);
    }
    await this.pursue();
  }

  /** Decode `frame` of a video that is likely to be opened next. Never disturbs what is shown. */
  async prepare(video: PlayableVideo, frame: number): Promise<void> {
    const store = await this.shelf.open(video).catch(() => null);
    await store?.request(frame).catch(() => undefined);
  }

  seek(frame: number): void {
    if (!this.clip) return;
    this.pause();
    this.aim(clampFrame(frame, this.clip.range));
  }

  /** Steps are counted from the frame last asked for, so that none is lost while a picture is on its way. */
  step(by: number): void {
    if (!this.clip) return;
    const from = this.clock ? (this.status.shown ?? this.target) : this.target;
    this.seek(from + by);
  }

  /** The first or the last frame of the clip. */
  goTo(edge: "first" | "last"): void {
    if (this.clip) this.seek(edge === "first" ? this.clip.range.start : this.clip.range.end - 1);
  }

  toggle(): void {
    if (this.clock) this.pause();
    else this.play();
  }

  play(): void {
    if (!this.clip || this.clock || this.status.shown === null) return;
    this.startClock();
    this.report({ playing: true });
    this.timer = requestAnimationFrame((now) => this.tick(now));
  }

  pause(): void {
    if (!this.clock) return;
    cancelAnimationFrame(this.timer);
    this.clock = null;
    this.target = this.status.shown ?? this.target;
    this.report({ playing: false });
  }

  /** The next faster (+1) or slower (-1) speed. */
  changeSpeed(by: 1 | -1): void {
    this.report({ speed: changeSpeed(this.status.speed, by) });
    if (this.clock) this.startClock();
  }

  close(): void {
    this.leaveClip();
    this.shelf.close();
  }

  private leaveClip(): void {
    this.pause();
    this.clip?.closing.abort();
    this.clip = null;
    this.store = null;
  }

  private aim(frame: number): void {
    this.stride = frame - this.target || this.stride;
    this.target = frame;
    void this.pursue();
  }

  /** Bring the picture to the target. While one frame is decoded newer targets replace each other. */
  private async pursue(): Promise<void> {
    if (this.pursuing) return;
    this.pursuing = true;
    try {
      while (this.clip && this.store && !this.clock && this.status.shown !== this.target) {
        await this.showFrame(this.clip, this.store, this.target);
      }
    } catch (error) {
      this.explain(error);
    } finally {
      this.pursuing = false;
    }
    if (this.status.shown === this.target) void this.prefetchNeighbours();
  }

  private async showFrame(clip: OpenClip, store: FrameStore, frame: number): Promise<void> {
    try {
      await store.request(frame, clip.closing.signal);
    } catch (error) {
      if (clip.closing.signal.aborted) return;
      throw error;
    }
    if (this.clip === clip && !this.clock) this.draw(store, frame);
  }

  /**
   * The next step is most likely one like the last, then its opposite, then a single frame. One after the other, so
   * that a step to anywhere else waits for no more than one of them.
   */
  private async prefetchNeighbours(): Promise<void> {
    const { clip, store, target } = this;
    const stride = Math.abs(this.stride) <= LONGEST_STEP ? this.stride : 1;
    for (const by of new Set([stride, 2 * stride, -stride, 1, -1])) {
      if (!clip || !store || this.clip !== clip || this.target !== target || this.clock) return;
      await store.request(clampFrame(target + by, clip.range), clip.closing.signal).catch(() => undefined);
    }
  }

  private requestQuietly(frame: number): void {
    if (!this.clip || !this.store || this.store.isRequested(frame)) return;
    this.store.request(frame, this.clip.closing.signal).catch(() => undefined); // asked again when it is needed
  }

  private startClock(): void {
    const { clip, status } = this;
    if (!clip || status.shown === null) return;
    const { range, video } = clip;
    const startedMs = performance.now();
    this.clock = startClock({ range, rate: video.rate, speed: status.speed, base: status.shown, startedMs });
  }

  private tick(nowMs: number): void {
    const { clock, store } = this;
    if (!clock || !store) return;
    const due = dueBy(clock, nowMs);
    const ready = showable(clock, nowMs).find((offset) => this.draw(store, frameOf(clock, offset)));
    this.clock = waitForFrames(ready === undefined ? clock : advance(clock, ready), nowMs);
    for (let ahead = 0; ahead <= LOOKAHEAD; ahead += 1) this.requestQuietly(frameOf(clock, due + ahead));
    this.timer = requestAnimationFrame((next) => this.tick(next));
  }

  /** Draws the frame if it is decoded, and says whether it was. */
  private draw(store: FrameStore, frame: number): boolean {
    const picture = store.peek(frame);
    if (!picture) return false;
    const { displayWidth: width, displayHeight: height } = picture;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.context.drawImage(picture, 0, 0, width, height);
    this.report({ shown: frame, problem: null });
    return true;
  }

  private explain(error: unknown): void {
    this.report({ problem: error instanceof Error ? error.message : String(error) });
  }

  private report(change: Partial<PlayerStatus>): void {
    this.status = { ...this.status, ...change };
    if (this.status.shown === null) delete this.canvas.dataset["frame"];
    else this.canvas.dataset["frame"] = String(this.status.shown);
    this.onStatus(this.status);
  }
}
