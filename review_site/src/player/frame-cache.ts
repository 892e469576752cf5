/** The few decoded frames that are kept, least recently used first out. A frame that leaves is closed. */

export interface Closable {
  close(): void;
}

export class FrameCache<F extends Closable> {
  private readonly frames = new Map<number, F>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.frames.size;
  }

  has(number: number): boolean {
    return this.frames.has(number);
  }

  /** The frame, and it counts as used now. It stays the cache's own. */
  get(number: number): F | null {
    const frame = this.frames.get(number);
    if (!frame) return null;
    this.frames.delete(number);
    this.frames.set(number, frame);
    return frame;
  }

  put(number: number, frame: F): void {
    this.frames.get(number)?.close();
    this.frames.delete(number);
    this.frames.set(number, frame);
    for (const [oldest, old] of this.frames) {
      if (this.frames.size <= this.capacity) break;
      this.frames.delete(oldest);
      old.close();
    }
  }

  clear(): void {
    for (const frame of this.frames.values()) frame.close();
    this.frames.clear();
  }
}
