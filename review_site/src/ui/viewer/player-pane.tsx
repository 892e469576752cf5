/** The picture, its frame number and time, and the buttons to look through the clip. */

import { useRef } from "preact/hooks";
import type { Clip, VideoDetail } from "../../api/types";
import { clipRange } from "../../domain/clips";
import { formatTimecode, type Rate } from "../../domain/timecode";
import { clampFrame, frameCount } from "../../domain/timeline";
import type { FramePlayer } from "../../player/frame-player";
import type { PlayableVideo } from "../../player/store-shelf";
import type { Seat } from "../commands/seat";
import { PositionBar } from "./position-bar";
import { Transport } from "./transport";
import { type Following, usePlayer } from "./use-player";

interface PlayerPaneProps {
  readonly clip: Clip;
  readonly video: VideoDetail;
  readonly playable: PlayableVideo;
  readonly following: Following | null;
  readonly seat: Seat;
  readonly onPlayer: (player: FramePlayer | null) => void;
}

export function PlayerPane({ clip, video, playable, following, seat, onPlayer }: PlayerPaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const range = clipRange(clip);
  const { player, status } = usePlayer(canvas, { range, playable, following, onPlayer });
  const frame = clampFrame(status.shown ?? range.start, range);
  return (
    <section class="player" aria-label="Player">
      <div class="player__stage">
        <canvas
          ref={canvas}
          class="player__canvas"
          width={video.width ?? 1920}
          height={video.height ?? 1080}
          aria-label={`Frame ${frame} of ${video.title}`}
          role="img"
        />
        {status.problem && (
          <p class="player__problem" role="alert">
            {status.problem}
          </p>
        )}
      </div>
      <PositionBar
        range={range}
        frame={frame}
        valueText={`Frame ${frame}, ${formatTimecode(frame, playable.rate)}`}
        onSeek={(to) => player?.seek(to)}
      />
      <div class="player__panel">
        <Readout frame={frame} start={range.start} count={frameCount(range)} rate={playable.rate} />
        <Transport seat={seat} isPlaying={status.playing} speed={status.speed} />
      </div>
    </section>
  );
}

interface ReadoutProps {
  readonly frame: number;
  readonly start: number;
  readonly count: number;
  readonly rate: Rate;
}

function Readout({ frame, start, count, rate }: ReadoutProps) {
  return (
    <dl class="readout">
      <div class="readout__item">
        <dt>Frame</dt>
        <dd data-readout="frame">{frame}</dd>
      </div>
      <div class="readout__item">
        <dt>Timecode</dt>
        <dd>{formatTimecode(frame, rate)}</dd>
      </div>
      <div class="readout__item">
        <dt>In clip</dt>
        <dd>
          {frame - start + 1} / {count}
        </dd>
      </div>
    </dl>
  );
}
