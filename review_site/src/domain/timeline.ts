/**
 * The arithmetic of looking at one clip: which frame a step, a place on the bar or a moment of playing leads to.
 * Frames are whole numbers of the proxy, ranges are half-open. Knows no DOM and no clock.
 */

import { framesPerSecond, type Rate } from "./timecode";

/** Frames `start <= f < end`, never empty. */
export interface FrameRange {
  readonly start: number;
  readonly end: number;
}

export function frameCount(range: FrameRange): number {
  return range.end - range.start;
}

/** The frame of `range` nearest to `frame`. */
export function clampFrame(frame: number, range: FrameRange): number {
  return Math.min(Math.max(frame, range.start), range.end - 1);
}

/** `frame` carried round the loop that `range` plays in. */
export function wrapFrame(frame: number, range: FrameRange): number {
  const count = frameCount(range);
  return range.start + ((((frame - range.start) % count) + count) % count);
}

/** The frame under a place on the bar, 0 at its left and 1 at its right end. */
export function frameAt(fraction: number, range: FrameRange): number {
  return clampFrame(range.start + Math.floor(fraction * frameCount(range)), range);
}

/** Where on the bar the middle of `frame` lies, 0 to 1. */
export function fractionOf(frame: number, range: FrameRange): number {
  return (clampFrame(frame, range) - range.start + 0.5) / frameCount(range);
}

/** How many frames playing has moved on after `elapsedMs` at `speed` times the normal rate. */
export function framesElapsed(elapsedMs: number, rate: Rate, speed: number): number {
  return Math.floor((elapsedMs / 1000) * framesPerSecond(rate) * speed);
}

/** The next `count` frames that playing from `frame` will show, in order, round the loop. */
export function framesAhead(frame: number, count: number, range: FrameRange): number[] {
  return Array.from({ length: Math.min(count, frameCount(range)) }, (_, i) => wrapFrame(frame + i, range));
}

/** The speeds to play at, slowest first; 1 is the video's own. */
export const SPEEDS = [0.25, 0.5, 1, 2] as const;

/** The next faster (+1) or slower (-1) speed, or the same at either end. */
export function changeSpeed(speed: number, by: 1 | -1): number {
  const at = SPEEDS.findIndex((candidate) => candidate >= speed);
  return SPEEDS[Math.min(Math.max((at < 0 ? SPEEDS.length - 1 : at) + by, 0), SPEEDS.length - 1)] ?? 1;
}
