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

export function matchesFilter(
  video: { readonly state: string; readonly counts: Counts },
  filter: Filter,
): boolean {
  return filter === "all" || videoWords(video.state, pendingClips(video.counts)).tone === filter;
}

interface Listed {
  readonly video_id: string;
  readonly created_at: string;
}

/** A list of videos, newest first, with these as they are now. Of a list that goes on, what is older is not part. */
export function mergeVideos<V extends Listed>(
  videos: readonly V[],
  changed: readonly V[],
  hasMore: boolean,
): readonly V[] {
  const news = new Map(changed.map((video) => [video.video_id, video]));
  const known = new Set(videos.map((video) => video.video_id));
  const last = videos.at(-1);
  const added = changed.filter(
    (video) => !known.has(video.video_id) && !(hasMore && last && isBehind(last, video)),
  );
  const merged = [...videos.map((video) => news.get(video.video_id) ?? video), ...added];
  return added.length > 0 ? merged.sort((one, other) => (isBehind(one, other) ? -1 : 1)) : merged;
}

/** Whether a list shows `other` after `one`. */
function isBehind(one: Listed, other: Listed): boolean {
  const [a, b] = [Date.parse(one.created_at), Date.parse(other.created_at)];
  return a === b ? one.video_id > other.video_id : a > b;
}
