/**
 * Trying detection settings on one video: what they would change is asked for while they are being set, at most one
 * request at a time, and the newest settings last. Knows no DOM.
 */

import type { ApiClient } from "../api/client";
import { explainError } from "../api/refusals";
import type { DetectAnswer } from "../api/types";
import type { DetectChoice } from "../domain/redetection";
import { Store } from "../domain/store";

export interface RedetectionState {
  /** What is set; null until the server has told what stands. */
  readonly choice: DetectChoice | null;
  /** What the server said last. It is about `choice` unless `isAsking`. */
  readonly proposal: DetectAnswer | null;
  readonly isAsking: boolean;
  readonly isApplying: boolean;
  readonly problem: string | null;
}

/** A slider that is being dragged is asked about this long after it came to rest. */
export const PAUSE_MS = 120;

export class Redetection {
  readonly state = new Store<RedetectionState>({
    choice: null,
    proposal: null,
    isAsking: false,
    isApplying: false,
    problem: null,
  });
  private wanted: Partial<DetectChoice> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private underWay: Promise<void> | null = null;
  private readonly ended = new AbortController();

  constructor(
    private readonly api: Pick<ApiClient, "detect">,
    readonly videoId: string,
  ) {}

  /** Ask about what is set, or first of all what stands; again whenever the video has changed. */
  look(): void {
    this.want(this.state.value.choice ?? {}, 0);
  }

  choose(choice: DetectChoice): void {
    this.state.update({ choice });
    this.want(choice, PAUSE_MS);
  }

  /** Cut the video anew as it is set; null where that failed, which the state tells. */
  async apply(): Promise<DetectAnswer | null> {
    const { choice, isApplying } = this.state.value;
    if (choice === null || isApplying) return null;
    clearTimeout(this.timer);
    this.wanted = null;
    this.state.update({ isApplying: true, problem: null });
    try {
      await this.underWay;
      const answer = await this.api.detect(this.videoId, { ...choice, apply: true }, this.ended.signal);
      this.state.update({ proposal: { ...answer, added: [], removed: [] } });
      return answer;
    } catch (error) {
      this.state.update({ problem: explainError(error) });
      return null;
    } finally {
      this.state.update({ isApplying: false, isAsking: false });
    }
  }

  close(): void {
    clearTimeout(this.timer);
    this.wanted = null;
    this.ended.abort();
  }

  private want(choice: Partial<DetectChoice>, pauseMs: number): void {
    this.wanted = choice;
    this.state.update({ isAsking: true });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.underWay ??= this.ask().finally(() => {
        this.underWay = null;
      });
    }, pauseMs);
  }

  private async ask(): Promise<void> {
    while (this.wanted !== null) {
      const choice = this.wanted;
      this.wanted = null;
      try {
        const answer = await this.api.detect(this.videoId, { ...choice, apply: false }, this.ended.signal);
        this.state.update({
          choice: this.state.value.choice ?? answer.settings,
          proposal: answer,
          problem: null,
        });
      } catch (error) {
        if (this.ended.signal.aborted) return;
        this.state.update({ problem: explainError(error) });
      }
    }
    this.state.update({ isAsking: false });
  }
}
