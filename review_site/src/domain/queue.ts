/**
 * The reviewer's queue as a value: which clips, which one is open, and what was decided here before the server said
 * so. Each function returns a new queue; nothing here sends, waits or draws.
 */

import {
  type ClipState,
  DECIDED_STATE,
  type Decision,
  isPending,
  isReviewable,
  type ReviewClip,
} from "./clips";

/** A clip shown otherwise than the server last said: what it said, and how many answers are still to come. */
export interface Unconfirmed<C extends ReviewClip> {
  readonly actual: C;
  readonly answers: number;
}

/** One step that undo goes back: the clip and the state it had before. */
export interface Step {
  readonly clipId: string;
  readonly before: ClipState;
}

export interface Queue<C extends ReviewClip = ReviewClip> {
  readonly clips: readonly C[];
  /** Index of the open clip; -1 only when the queue is empty. */
  readonly current: number;
  readonly unconfirmed: ReadonlyMap<string, Unconfirmed<C>>;
  /** The decisions of this sitting that can be undone, latest last. */
  readonly steps: readonly Step[];
  /** Ids of the clips that are leased to this reviewer; null where nothing is leased and all are free. */
  readonly held: ReadonlySet<string> | null;
}

/** What the undecided and the decided clips of a queue add up to. */
export interface QueueCounts {
  readonly total: number;
  readonly pending: number;
  readonly decided: number;
}

/** A queue over `clips` with those to review first, otherwise in the given order. */
export function createQueue<C extends ReviewClip>(clips: readonly C[]): Queue<C> {
  const ordered = [...clips.filter(isPending), ...clips.filter((clip) => !isPending(clip))];
  const current = ordered.length > 0 ? 0 : -1;
  return { clips: ordered, current, unconfirmed: new Map(), steps: [], held: null };
}

export function currentClip<C extends ReviewClip>(queue: Queue<C>): C | null {
  return queue.clips[queue.current] ?? null;
}

export function findClip<C extends ReviewClip>(queue: Queue<C>, clipId: string): C | null {
  return queue.clips.find((clip) => clip.clip_id === clipId) ?? null;
}

/** The version that the next request about a clip has to carry: the server's last word. */
export function knownVersion(queue: Queue, clipId: string): number {
  return queue.unconfirmed.get(clipId)?.actual.version ?? findClip(queue, clipId)?.version ?? 0;
}

export function countQueue(queue: Queue): QueueCounts {
  const pending = queue.clips.filter(isPending).length;
  return { total: queue.clips.length, pending, decided: queue.clips.length - pending };
}

/** Whether the clip is pending and this reviewer's to decide, as far as leases tell. */
export function isMine(queue: Queue, clip: ReviewClip): boolean {
  return isPending(clip) && (queue.held?.has(clip.clip_id) ?? true);
}

/** Index of the clip of mine that comes after `from`, round the end; -1 when none is left. */
export function nextOfMine(queue: Queue, from: number): number {
  const count = queue.clips.length;
  for (let step = 1; step <= count; step += 1) {
    const at = (from + step + count) % count;
    const clip = queue.clips[at];
    if (clip && isMine(queue, clip)) return at;
  }
  return -1;
}

export function selectClip<C extends ReviewClip>(queue: Queue<C>, clipId: string): Queue<C> {
  const at = queue.clips.findIndex((clip) => clip.clip_id === clipId);
  return at < 0 ? queue : { ...queue, current: at };
}

/** The neighbour in the list, stopping at its ends. */
export function moveBy<C extends ReviewClip>(queue: Queue<C>, by: number): Queue<C> {
  if (queue.clips.length === 0) return queue;
  return { ...queue, current: Math.min(Math.max(queue.current + by, 0), queue.clips.length - 1) };
}

/** Open the first clip of mine, unless the open one is mine already. */
export function openFirst<C extends ReviewClip>(queue: Queue<C>): Queue<C> {
  const clip = currentClip(queue);
  const first = clip && isMine(queue, clip) ? -1 : nextOfMine(queue, -1);
  return first < 0 ? queue : { ...queue, current: first };
}

/** Whether `decision` would change the clip: no wave has it, and it is not decided so already. */
export function canDecide(clip: ReviewClip, decision: Decision): boolean {
  return isReviewable(clip) && clip.state !== DECIDED_STATE[decision];
}

/** Show `decision` on the clip at once and open the next of mine. Unchanged where `canDecide` says no. */
export function decide<C extends ReviewClip>(queue: Queue<C>, clipId: string, decision: Decision): Queue<C> {
  const clip = findClip(queue, clipId);
  if (!clip || !canDecide(clip, decision)) return queue;
  const expecting = expectState(queue, clip, DECIDED_STATE[decision]);
  const decided = { ...expecting, steps: [...queue.steps, { clipId, before: clip.state }] };
  const following = nextOfMine(decided, decided.current);
  return following < 0 ? decided : { ...decided, current: following };
}

/** Show the last decision of this sitting as undone, and open its clip. Unchanged when there is none. */
export function undoLast<C extends ReviewClip>(queue: Queue<C>): Queue<C> {
  const step = queue.steps.at(-1);
  const clip = step && findClip(queue, step.clipId);
  if (!clip) return queue;
  return selectClip(
    { ...expectState(queue, clip, step.before), steps: queue.steps.slice(0, -1) },
    step.clipId,
  );
}

/** The request about `clipId` is answered; `clips` are as the server has them now. */
export function confirm<C extends ReviewClip>(
  queue: Queue<C>,
  clipId: string | null,
  clips: readonly C[],
): Queue<C> {
  const heard = clips.reduce(hear, queue);
  return clipId === null ? heard : endRequest(heard, clipId);
}

/** The request about `clipId` was refused or lost: show the clip as it is, and open it again. */
export function putBack<C extends ReviewClip>(queue: Queue<C>, clipId: string, actual?: C): Queue<C> {
  const steps = queue.steps.filter((step) => step.clipId !== clipId);
  return selectClip({ ...confirm(queue, clipId, actual ? [actual] : []), steps }, clipId);
}

/** Add clips that are not in the queue yet; those that are take the newer version. */
export function addClips<C extends ReviewClip>(queue: Queue<C>, clips: readonly C[]): Queue<C> {
  const known = new Set(queue.clips.map((clip) => clip.clip_id));
  const newer = clips.filter(
    (clip) => known.has(clip.clip_id) && clip.version > knownVersion(queue, clip.clip_id),
  );
  const merged = newer.reduce(hear, queue);
  const grown = { ...merged, clips: [...merged.clips, ...clips.filter((clip) => !known.has(clip.clip_id))] };
  return grown.current < 0 && grown.clips.length > 0 ? { ...grown, current: 0 } : grown;
}

/** These clips are leased to this reviewer. */
export function holdClips<C extends ReviewClip>(queue: Queue<C>, clips: readonly C[]): Queue<C> {
  const held = new Set([...(queue.held ?? []), ...clips.map((clip) => clip.clip_id)]);
  return { ...addClips(queue, clips), held };
}

function expectState<C extends ReviewClip>(queue: Queue<C>, clip: C, state: ClipState): Queue<C> {
  const before = queue.unconfirmed.get(clip.clip_id) ?? { actual: clip, answers: 0 };
  const expected = { ...before, answers: before.answers + 1 };
  return {
    ...replaceClip(queue, { ...clip, state }),
    unconfirmed: new Map(queue.unconfirmed).set(clip.clip_id, expected),
  };
}

/** The server's word about a clip, unless a later one came before; while answers are to come, what is shown stays. */
function hear<C extends ReviewClip>(queue: Queue<C>, actual: C): Queue<C> {
  if (actual.version < knownVersion(queue, actual.clip_id)) return queue;
  const expected = queue.unconfirmed.get(actual.clip_id);
  if (!expected) return replaceClip(queue, actual);
  return {
    ...queue,
    unconfirmed: new Map(queue.unconfirmed).set(actual.clip_id, { ...expected, actual }),
  };
}

function endRequest<C extends ReviewClip>(queue: Queue<C>, clipId: string): Queue<C> {
  const expected = queue.unconfirmed.get(clipId);
  if (!expected) return queue;
  const unconfirmed = new Map(queue.unconfirmed);
  if (expected.answers > 1) {
    unconfirmed.set(clipId, { ...expected, answers: expected.answers - 1 });
    return { ...queue, unconfirmed };
  }
  unconfirmed.delete(clipId);
  return { ...replaceClip(queue, expected.actual), unconfirmed };
}

function replaceClip<C extends ReviewClip>(queue: Queue<C>, changed: C): Queue<C> {
  return {
    ...queue,
    clips: queue.clips.map((clip) => (clip.clip_id === changed.clip_id ? changed : clip)),
  };
}
