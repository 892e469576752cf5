/**
 * What others did to the clips of a queue, brought into it: the open clip stays open, what was decided here and is
 * still on its way stays shown, and clips that were cut anew stand where the old ones stood. Pure, like the queue.
 */

import type { ReviewClip } from "./clips";
import { addClips, currentClip, findClip, knownVersion, type Queue, selectClip } from "./queue";

/**
 * The queue after the news that `clips` are now like this. Clips that it does not know come in where they replace
 * some that it knows, and if `isWhole`, which means that the queue is to hold every clip there is, in any case.
 */
export function applyNews<C extends ReviewClip>(
  queue: Queue<C>,
  clips: readonly C[],
  isWhole: boolean,
): Queue<C> {
  const known = clips.filter((clip) => findClip(queue, clip.clip_id));
  const gone = known.filter((clip) => isGone(clip) && clip.version > knownVersion(queue, clip.clip_id));
  const fresh = clips
    .filter((clip) => !isGone(clip) && !findClip(queue, clip.clip_id))
    .filter((clip) => isWhole || gone.some((old) => overlaps(old, clip)))
    .sort((one, other) => one.start_frame - other.start_frame);
  const heard = addClips(
    queue,
    known.filter((clip) => !isGone(clip)),
  );
  return replaceClips(heard, gone, fresh);
}

/**
 * The queue after all live clips of a video were listed again. `before` is the queue when that was asked for: what it knew and
 * the list lacks is gone, and what came or went here since then is younger than the list.
 */
export function applyListing<C extends ReviewClip>(
  queue: Queue<C>,
  videoId: string,
  clips: readonly C[],
  before: Queue<C>,
): Queue<C> {
  const listed = new Set(clips.map((clip) => clip.clip_id));
  const gone = before.clips.filter(
    (clip) => clip.video_id === videoId && !listed.has(clip.clip_id) && findClip(queue, clip.clip_id),
  );
  const fresh = clips.filter(
    (clip) => !findClip(before, clip.clip_id) && !findClip(queue, clip.clip_id) && !isGone(clip),
  );
  const heard = addClips(
    queue,
    clips.filter((clip) => findClip(queue, clip.clip_id)),
  );
  return replaceClips(heard, gone, fresh);
}

/** The open clip as somebody else left it, if the news are of it; null where they are not, or are of one's own doing. */
export function findSurprise<C extends ReviewClip>(queue: Queue<C>, clips: readonly C[]): C | null {
  const open = currentClip(queue);
  if (!open || queue.unconfirmed.has(open.clip_id)) return null;
  return clips.find((clip) => clip.clip_id === open.clip_id && clip.version > open.version) ?? null;
}

function replaceClips<C extends ReviewClip>(
  queue: Queue<C>,
  gone: readonly C[],
  fresh: readonly C[],
): Queue<C> {
  if (gone.length === 0 && fresh.length === 0) return queue;
  const open = currentClip(queue);
  const ids = new Set(gone.map((clip) => clip.clip_id));
  const left = [...fresh];
  const clips = queue.clips.flatMap((clip) => {
    if (!ids.has(clip.clip_id)) return [clip];
    const inPlace = left.filter((each) => overlaps(clip, each));
    for (const each of inPlace) left.splice(left.indexOf(each), 1);
    return inPlace;
  });
  const changed = {
    ...queue,
    clips: [...clips, ...left],
    steps: queue.steps.filter((step) => !ids.has(step.clipId)),
  };
  return keepOpen(changed, open, queue.current);
}

/** Open the clip that was open, or what holds its first frame now, or what stands in its place. */
function keepOpen<C extends ReviewClip>(queue: Queue<C>, open: C | null, at: number): Queue<C> {
  const current = Math.min(Math.max(at, 0), queue.clips.length - 1);
  const heir =
    open &&
    (findClip(queue, open.clip_id) ??
      queue.clips.find((clip) => clip.video_id === open.video_id && holds(clip, open.start_frame)));
  return heir ? selectClip(queue, heir.clip_id) : { ...queue, current };
}

function isGone(clip: ReviewClip): boolean {
  return clip.state === "superseded";
}

function holds(clip: ReviewClip, frame: number): boolean {
  return clip.start_frame <= frame && frame < clip.end_frame;
}

function overlaps(one: ReviewClip, other: ReviewClip): boolean {
  return (
    one.video_id === other.video_id && one.start_frame < other.end_frame && other.start_frame < one.end_frame
  );
}
