/**
 * What lies on one reviewer's desk: the queue, the videos of its clips, and the last notice. The one place where the
 * review page's state is kept; it asks nobody and sends nothing. Knows no DOM.
 */

import type { Clip, VideoDetail } from "../api/types";
import { isPending } from "../domain/clips";
import { createQueue, currentClip, moveBy, nextOfMine, type Queue, selectClip } from "../domain/queue";
import { Store } from "../domain/store";
import { formatTimecode, parseRate } from "../domain/timecode";
import type { Notice } from "./notices";

export interface DeskState {
  readonly phase: "loading" | "ready" | "failed";
  readonly problem: string | null;
  readonly queue: Queue<Clip>;
  readonly videos: ReadonlyMap<string, VideoDetail>;
  readonly notice: Notice | null;
  readonly releasing: boolean;
}

export class Desk {
  readonly state = new Store<DeskState>({
    phase: "loading",
    problem: null,
    queue: createQueue<Clip>([]),
    videos: new Map(),
    notice: null,
    releasing: false,
  });

  /** `videoId` null: clips of any video. */
  constructor(readonly videoId: string | null) {}

  get queue(): Queue<Clip> {
    return this.state.value.queue;
  }

  get openClip(): Clip | null {
    return currentClip(this.queue);
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

  select(clipId: string): void {
    this.setQueue(selectClip(this.queue, clipId));
  }

  moveBy(by: number): void {
    this.setQueue(moveBy(this.queue, by));
  }

  setQueue(queue: Queue<Clip>): void {
    this.state.update({ queue });
  }

  addVideos(videos: readonly VideoDetail[]): void {
    if (videos.length === 0) return;
    const known = new Map(this.state.value.videos);
    for (const video of videos) known.set(video.video_id, video);
    this.state.update({ videos: known });
  }

  say(notice: Notice): void {
    this.state.update({ notice });
  }

  /** The clip as sentences call it. */
  nameOf(clip: Clip): string {
    const rate = parseRate(this.state.value.videos.get(clip.video_id)?.fps ?? "");
    return rate
      ? `clip ${formatTimecode(clip.start_frame, rate)}`
      : `the clip from frame ${clip.start_frame}`;
  }
}
