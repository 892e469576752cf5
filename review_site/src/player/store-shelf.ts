/** The proxies that are open: the one on show, and one to prepare the next clip from. The rest are closed. */

import type { Rate } from "../domain/timecode";
import type { SignedObject } from "./byte-source";
import { FrameStore } from "./frame-store";

const OPEN_VIDEOS = 2;

/** A video that can be played: its proxy and its rate. */
export interface PlayableVideo {
  readonly id: string;
  readonly rate: Rate;
  readonly proxy: SignedObject;
}

export class StoreShelf {
  private readonly stores = new Map<string, Promise<FrameStore>>();

  /** The video's frames. A video that could not be opened is tried again the next time. */
  open(video: PlayableVideo): Promise<FrameStore> {
    const opening = this.stores.get(video.id) ?? FrameStore.open(video.proxy, video.rate);
    this.stores.delete(video.id);
    this.stores.set(video.id, opening);
    opening.catch(() => this.stores.delete(video.id));
    for (const id of [...this.stores.keys()].slice(0, -OPEN_VIDEOS)) this.discard(id);
    return opening;
  }

  close(): void {
    for (const id of [...this.stores.keys()]) this.discard(id);
  }

  private discard(id: string): void {
    const opening = this.stores.get(id);
    this.stores.delete(id);
    opening?.then((store) => store.close()).catch(() => undefined); // it never opened
  }
}
