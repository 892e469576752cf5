/** What the list of videos says about each: its clips by outcome, and which of the filters shows it. */

import { CLIP_WORDS, type Tone, videoWords } from "./words";

export type Counts = Readonly<Record<string, number>>;

/** How many clips of a video share a tone, for its bar. */
export interface Share {
  readonly tone: Tone;
  readonly label: string;
  readonly count: number;
}

const SHARES: readonly { readonly tone: Tone; readonly label: string }[] = [
  { tone: "todo", label: "to review" },
  { tone: "kept", label: "approved" },
  { tone: "busy", label: "in work" },
  { tone: "done", label: "searchable" },
  { tone: "passed", label: "skipped" },
  { tone: "dropped", label: "archived" },
  { tone: "failed", label: "failed" },
];

/** The live clips by tone, in a fixed order, leaving out what is zero. Replaced clips do not count. */
export function sharesOf(counts: Counts): readonly Share[] {
  const byTone = new Map<Tone, number>();
  for (const [state, count] of Object.entries(counts)) {
    if (state === "superseded") continue;
    const tone = state in CLIP_WORDS ? CLIP_WORDS[state as keyof typeof CLIP_WORDS].tone : "busy";
    byTone.set(tone, (byTone.get(tone) ?? 0) + count);
  }
  return SHARES.map((share) => ({ ...share, count: byTone.get(share.tone) ?? 0 })).filter(
    (share) => share.count > 0,
  );
}

export function pendingClips(counts: Counts): number {
  return counts["pending_review"] ?? 0;
}

export type Filter = "all" | "todo" | "busy" | "failed" | "done";

export const FILTERS: readonly { readonly filter: Filter; readonly label: string }[] = [
  { filter: "all", label: "All" },
  { filter: "todo", label: "To review" },
  { filter: "busy", label: "Processing" },
  { filter: "failed", label: "Failed" },
  { filter: "done", label: "Done" },
];

/** Whether something about the video is about to change by itself. */
export function isAtWork(video: { readonly state: string; readonly counts: Counts }): boolean {
  return matchesFilter(video, "busy") || sharesOf(video.counts).some((share) => share.tone === "busy");
}

export function matchesFilter(
  video: { readonly state: string; readonly counts: Counts },
  filter: Filter,
): boolean {
  return filter === "all" || videoWords(video.state, pendingClips(video.counts)).tone === filter;
}
