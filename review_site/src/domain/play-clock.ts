/**
 * Which frame of a looping clip is due while it plays. A value: whoever plays passes in the time and keeps what comes
 * back. A frame that comes too late is left out; when frames stay away altogether, the clock waits for them.
 */

import type { Rate } from "./timecode";
import { type FrameRange, framesElapsed, wrapFrame } from "./timeline";

export interface PlayClock {
  readonly range: FrameRange;
  readonly rate: Rate;
  readonly speed: number;
  /** The frame that was shown at `startedMs`. */
  readonly base: number;
  readonly startedMs: number;
  /** How many frames after `base` the picture is. */
  readonly shown: number;
}

/** How many frames the picture may lag before the clock waits. */
const MAX_LAG = 24;

export function startClock(clock: Omit<PlayClock, "shown">): PlayClock {
  return { ...clock, shown: 0 };
}

/** How many frames after `base` are due by `nowMs`. */
export function dueBy(clock: PlayClock, nowMs: number): number {
  return framesElapsed(nowMs - clock.startedMs, clock.rate, clock.speed);
}

export function frameOf(clock: PlayClock, offset: number): number {
  return wrapFrame(clock.base + offset, clock.range);
}

/** Offsets that may be shown by `nowMs`, best first: the one that is due, then later ones that were missed. */
export function showable(clock: PlayClock, nowMs: number): number[] {
  const due = dueBy(clock, nowMs);
  const from = Math.max(clock.shown + 1, due - MAX_LAG);
  return Array.from({ length: Math.max(0, due - from + 1) }, (_, i) => due - i);
}

/** The clock after the frame at `offset` was shown. */
export function advance(clock: PlayClock, offset: number): PlayClock {
  return { ...clock, shown: offset };
}

/** The clock, set back to the picture when it lags too far. */
export function waitForFrames(clock: PlayClock, nowMs: number): PlayClock {
  if (dueBy(clock, nowMs) - clock.shown <= MAX_LAG) return clock;
  return { ...clock, base: frameOf(clock, clock.shown), shown: 0, startedMs: nowMs };
}
