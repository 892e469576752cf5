/**
 * The video track of a proxy: frame number n is sample n, counted from the first. The proxy has a constant rate and
 * only key frames, so every sample is found by arithmetic and decodes by itself; a sample that is not where
 * the arithmetic puts it, or that needs another, is an error and never a wrong picture.
 */

import { EncodedPacketSink, Input, type InputVideoTrack, MP4 } from "mediabunny";
import { frameToSeconds, type Rate } from "../domain/timecode";
import { createByteSource, type SignedObject } from "./byte-source";

/** How far a sample's time may be from its place, in frames, before it is not that frame. */
const TOLERANCE_FRAMES = 0.25;

export class ProxyTrack {
  private constructor(
    private readonly input: Input,
    private readonly sink: EncodedPacketSink,
    private readonly rate: Rate,
    private readonly origin_s: number,
    readonly decoderConfig: VideoDecoderConfig,
    readonly width: number,
    readonly height: number,
  ) {}

  /** Reads the header of the proxy. Throws when it cannot be reached or this browser cannot decode it. */
  static async open(object: SignedObject, rate: Rate): Promise<ProxyTrack> {
    const input = new Input({ source: createByteSource(object), formats: [MP4] });
    try {
      return await ProxyTrack.fromInput(input, rate);
    } catch (error) {
      input.dispose();
      throw error;
    }
  }

  private static async fromInput(input: Input, rate: Rate): Promise<ProxyTrack> {
    const track: InputVideoTrack | null = await input.getPrimaryVideoTrack();
    const config = await track?.getDecoderConfig();
    if (!track || !config) throw new Error("The proxy has no video that this browser can read.");
    const { supported } = await VideoDecoder.isConfigSupported(config);
    if (!supported)
      throw new Error(`This browser cannot decode ${config.codec}; use a current Chrome or Edge.`);
    const sink = new EncodedPacketSink(track);
    const first = await sink.getFirstPacket({ metadataOnly: true });
    if (!first) throw new Error("The proxy has no frames.");
    const [width, height] = [config.codedWidth ?? 0, config.codedHeight ?? 0];
    return new ProxyTrack(input, sink, rate, first.timestamp, config, width, height);
  }

  /** The encoded bytes of frame `frame`, stamped with the frame number itself instead of a time. */
  async readChunk(frame: number): Promise<EncodedVideoChunk> {
    const packet = await this.sink.getPacket(this.origin_s + frameToSeconds(frame + 0.5, this.rate));
    const expected_s = this.origin_s + frameToSeconds(frame, this.rate);
    const tolerance_s = frameToSeconds(TOLERANCE_FRAMES, this.rate);
    if (!packet || Math.abs(packet.timestamp - expected_s) > tolerance_s) {
      throw new Error(`Frame ${frame} is not where the proxy should have it; process the video again.`);
    }
    if (packet.type !== "key") {
      throw new Error(`Frame ${frame} does not stand alone in the proxy; process the video again.`);
    }
    return new EncodedVideoChunk({ type: "key", timestamp: frame, data: packet.data });
  }

  close(): void {
    this.input.dispose();
  }
}
