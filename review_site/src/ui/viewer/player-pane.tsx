/** The picture, its frame number and time, and the buttons to look through the clip. Owns the player. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Clip, VideoDetail } from "../../api/types";
import { clipRange } from "../../domain/clips";
import type { Command } from "../../domain/keys";
import { formatTimecode, type Rate } from "../../domain/timecode";
import { changeSpeed, clampFrame, frameCount } from "../../domain/timeline";
import { FramePlayer, type PlayerStatus } from "../../player/frame-player";
import type { PlayableVideo } from "../../player/store-shelf";
import { CommandButton } from "../desk/decision-bar";
import { PositionBar } from "./position-bar";

/** What the keyboard may ask of the player. */
export interface PlayerControls {
  run(command: Command): void;
}

interface PlayerPaneProps {
  readonly clip: Clip;
  readonly video: VideoDetail;
  readonly playable: PlayableVideo;
  /** The clip that is likely to be opened next, to have its first picture ready. */
  readonly following: { readonly playable: PlayableVideo; readonly frame: number } | null;
  readonly onControls: (controls: PlayerControls | null) => void;
  readonly onCommand: (command: Command) => void;
}

const IDLE: PlayerStatus = { shown: null, playing: false, speed: 1, problem: null };

export function PlayerPane({ clip, video, playable, following, onControls, onCommand }: PlayerPaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [player, setPlayer] = useState<FramePlayer | null>(null);
  const [status, setStatus] = useState<PlayerStatus>(IDLE);
  const range = clipRange(clip);
  const { start, end } = range;

  useEffect(() => {
    if (!canvas.current) return;
    const made = new FramePlayer(canvas.current, setStatus);
    setPlayer(made);
    return () => made.close();
  }, []);
  useLayoutEffect(() => {
    void player?.open(playable, { start, end }, start);
  }, [player, playable, start, end]);
  const isShown = status.shown !== null;
  useEffect(() => {
    if (isShown && following) void player?.prepare(following.playable, following.frame);
  }, [player, isShown, following]);
  useLayoutEffect(() => {
    onControls(player && { run: (command) => run(player, command, { start, end }, status.speed) });
    return () => onControls(null);
  }, [player, start, end, status.speed, onControls]);

  const frame = clampFrame(status.shown ?? start, range);
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
        <Readout frame={frame} start={start} count={frameCount(range)} rate={playable.rate} />
        <Transport status={status} onCommand={onCommand} />
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

interface TransportProps {
  readonly status: PlayerStatus;
  readonly onCommand: (command: Command) => void;
}

function Transport({ status, onCommand }: TransportProps) {
  return (
    <div class="transport" role="toolbar" aria-label="Look">
      <CommandButton command="back-10" kind="transport__step" label="Ten frames back" onCommand={onCommand}>
        −10
      </CommandButton>
      <CommandButton command="back-1" kind="transport__step" label="One frame back" onCommand={onCommand}>
        −1
      </CommandButton>
      <CommandButton command="play" kind="transport__play" onCommand={onCommand}>
        {status.playing ? "Pause" : "Play"}
      </CommandButton>
      <CommandButton command="forward-1" kind="transport__step" label="One frame on" onCommand={onCommand}>
        +1
      </CommandButton>
      <CommandButton command="forward-10" kind="transport__step" label="Ten frames on" onCommand={onCommand}>
        +10
      </CommandButton>
      <span class="transport__speed">{status.speed} ×</span>
    </div>
  );
}

type PlayerCommand = (player: FramePlayer, range: { start: number; end: number }, speed: number) => void;

const PLAYER_COMMANDS: Partial<Record<Command, PlayerCommand>> = {
  play: (player) => player.toggle(),
  "forward-1": (player) => player.step(1),
  "back-1": (player) => player.step(-1),
  "forward-10": (player) => player.step(10),
  "back-10": (player) => player.step(-10),
  "first-frame": (player, { start }) => player.seek(start),
  "last-frame": (player, { end }) => player.seek(end - 1),
  faster: (player, _, speed) => player.setSpeed(changeSpeed(speed, 1)),
  slower: (player, _, speed) => player.setSpeed(changeSpeed(speed, -1)),
};

function run(
  player: FramePlayer,
  command: Command,
  range: { start: number; end: number },
  speed: number,
): void {
  PLAYER_COMMANDS[command]?.(player, range, speed);
}
