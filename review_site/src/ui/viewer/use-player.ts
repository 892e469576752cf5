/** A player for one canvas: made with it, opened at each clip, closed with it. */

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { FrameRange } from "../../domain/timeline";
import { FramePlayer, type PlayerStatus } from "../../player/frame-player";
import type { PlayableVideo } from "../../player/store-shelf";

/** The clip that is likely to be opened next, to have its first picture ready. */
export interface Following {
  readonly playable: PlayableVideo;
  readonly frame: number;
}

interface Playing {
  readonly range: FrameRange;
  readonly playable: PlayableVideo;
  readonly following: Following | null;
  /** Tells who plays, and null when nobody does any more. */
  readonly onPlayer: (player: FramePlayer | null) => void;
}

interface Shown {
  /** Null until the canvas is there. */
  readonly player: FramePlayer | null;
  readonly status: PlayerStatus;
}

const IDLE: PlayerStatus = { shown: null, playing: false, speed: 1, problem: null };

export function usePlayer(canvas: RefObject<HTMLCanvasElement | null>, playing: Playing): Shown {
  const { playable, following, onPlayer } = playing;
  const { start, end } = playing.range;
  const [player, setPlayer] = useState<FramePlayer | null>(null);
  const [status, setStatus] = useState<PlayerStatus>(IDLE);

  useEffect(() => {
    if (!canvas.current) return;
    const made = new FramePlayer(canvas.current, setStatus);
    setPlayer(made);
    onPlayer(made);
    return () => {
      onPlayer(null);
      made.close();
    };
  }, [canvas, onPlayer]);
  useLayoutEffect(() => {
    void player?.open(playable, { start, end }, start);
  }, [player, playable, start, end]);
  const isShown = status.shown !== null;
  useEffect(() => {
    if (isShown && following) void player?.prepare(following.playable, following.frame);
  }, [player, isShown, following]);
  return { player, status };
}
