/**
 * One WebCodecs decoder fed with frames that each stand alone. A frame's number is its timestamp, so what comes out
 * is matched to what was asked by number and never by order. Keeps nothing: whoever asked owns the VideoFrame.
 */

interface Waiting {
  readonly resolve: (frame: VideoFrame) => void;
  readonly reject: (error: unknown) => void;
}

export class FrameDecoder {
  private decoder: VideoDecoder | null = null;
  private flushing: Promise<void> | null = null;
  private readonly waiting = new Map<number, Waiting>();

  constructor(private readonly config: VideoDecoderConfig) {}

  /** Decode one frame. Do not ask for a number again while it is being decoded. */
  decode(chunk: EncodedVideoChunk): Promise<VideoFrame> {
    return new Promise((resolve, reject) => {
      this.waiting.set(chunk.timestamp, { resolve, reject });
      try {
        this.open().decode(chunk);
        this.flushSoon();
      } catch (error) {
        this.fail(error);
      }
    });
  }

  close(): void {
    this.fail(new DOMException("The player was closed.", "AbortError"));
  }

  private open(): VideoDecoder {
    if (this.decoder && this.decoder.state !== "closed") return this.decoder;
    this.decoder = new VideoDecoder({
      output: (frame) => this.deliver(frame),
      error: (error) => this.fail(error),
    });
    this.decoder.configure({ ...this.config, optimizeForLatency: true });
    return this.decoder;
  }

  /** Decoders keep frames back for reordering until they are flushed; a key frame may follow a flush. */
  private flushSoon(): void {
    if (this.flushing || !this.decoder) return;
    this.flushing = this.decoder
      .flush()
      .catch(() => undefined) // a decoder that fails reports it to `error`
      .then(() => {
        this.flushing = null;
        if (this.waiting.size > 0) this.flushSoon();
      });
  }

  private deliver(frame: VideoFrame): void {
    const waiting = this.waiting.get(frame.timestamp);
    this.waiting.delete(frame.timestamp);
    if (waiting) waiting.resolve(frame);
    else frame.close();
  }

  private fail(error: unknown): void {
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of all) reject(error);
  }
}
