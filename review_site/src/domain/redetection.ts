/**
 * Finding more or fewer cuts: settings as people set them, and what they would change, in words and on a strip.
 * Knows no DOM.
 */

import { countOf } from "./words";

export interface DetectChoice {
  readonly adaptive_threshold: number;
  readonly min_scene_len_s: number;
  readonly detector: Detector;
}

export type Detector =
  | "fused"
  | "rules"
  | "network"
  | "adaptive"
  | "content"
  | "threshold"
  | "hash"
  | "histogram";

/** Detectors that the stored scores answer for at once, as people read them. */
export const DETECTORS: readonly (readonly [Detector, string])[] = [
  ["fused", "Rules and network"],
  ["rules", "Rules"],
  ["network", "Network"],
  ["adaptive", "PySceneDetect adaptive"],
  ["content", "PySceneDetect content"],
];

/** What of an answer is told. */
export interface Proposal {
  readonly cut_count: number;
  readonly added: readonly number[];
  readonly removed: readonly number[];
  readonly kept: readonly { readonly clip_count: number }[];
}

export const SHORTEST_S = { min: 0, max: 30, step: 0.1 } as const;

/** The slider goes from 0, the fewest cuts, to this. */
export const MOST_SENSITIVE = 100;
const HIGHEST_THRESHOLD = 20;

/** Thresholds count as ratios, so a step of the slider divides: 20 at the left end, 1 at the right. */
export function thresholdAt(sensitivity: number): number {
  return Number((HIGHEST_THRESHOLD ** (1 - sensitivity / MOST_SENSITIVE)).toFixed(2));
}

/** The place on the slider nearest to a threshold. */
export function sensitivityOf(threshold: number): number {
  const place = MOST_SENSITIVE * (1 - Math.log(threshold) / Math.log(HIGHEST_THRESHOLD));
  return Math.min(Math.max(Math.round(place), 0), MOST_SENSITIVE);
}

/** A length that was typed, or null for what is none. */
export function readShortest(text: string): number | null {
  const seconds = Number(text);
  const isRead = text.trim() !== "" && seconds >= SHORTEST_S.min && seconds <= SHORTEST_S.max;
  return isRead ? seconds : null;
}

export function changesNothing(proposal: Proposal): boolean {
  return proposal.added.length === 0 && proposal.removed.length === 0;
}

/** `12 cuts more, 3 fewer`. */
export function describeChange(proposal: Proposal): string {
  const { added, removed } = proposal;
  if (added.length === 0 && removed.length === 0) return "No cut would change";
  if (added.length === 0) return `${countOf(removed.length, "cut")} fewer`;
  if (removed.length === 0) return `${countOf(added.length, "cut")} more`;
  return `${countOf(added.length, "cut")} more, ${removed.length.toLocaleString("en")} fewer`;
}

/** What the video would be then, and what of it stays in any case. */
export function describeWhole(proposal: Proposal): string {
  const clips = countOf(proposal.cut_count + 1, "clip");
  const kept = proposal.kept.reduce((sum, part) => sum + part.clip_count, 0);
  return kept === 0 ? `${clips} in all` : `${clips} in all, ${countOf(kept, "reviewed clip")} kept`;
}

/** An SVG path with a stroke at each frame, in a box of `width` by 1. */
export function strokesAt(frames: readonly number[], frameCount: number, width: number): string {
  return frames.map((frame) => `M${((frame / frameCount) * width).toFixed(2)} 0v1`).join("");
}
