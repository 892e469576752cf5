/** The videos of the desk as the player takes them, and which clip it should have ready next. */

import { useMemo, useRef } from "preact/hooks";
import type { Clip, VideoDetail } from "../../api/types";
import { nextOfMine, type Queue } from "../../domain/queue";
import { parseRate } from "../../domain/timecode";
import type { PlayableVideo } from "../../player/store-shelf";
import type { Sitting } from "../../review/sitting";
import type { Following } from "../viewer/use-player";

type Playables = ReadonlyMap<string, PlayableVideo>;

/** By video; each stays the same object while its video is on the desk. */
export function usePlayables(sitting: Sitting, videos: ReadonlyMap<string, VideoDetail>): Playables {
  const known = useRef(new Map<string, PlayableVideo>());
  return useMemo(() => {
    for (const video of videos.values()) {
      const rate = parseRate(video.fps ?? "");
      if (!rate || !video.proxy_url || known.current.has(video.video_id)) continue;
      const renew = () => sitting.renewProxyUrl(video.video_id);
      known.current.set(video.video_id, { id: video.video_id, rate, proxy: { url: video.proxy_url, renew } });
    }
    return new Map(known.current);
  }, [sitting, videos]);
}

export function useFollowing(queue: Queue<Clip>, playables: Playables): Following | null {
  const next = queue.clips[nextOfMine(queue, queue.current)];
  const playable = next && playables.get(next.video_id);
  const frame = next?.start_frame ?? 0;
  return useMemo(() => (playable ? { playable, frame } : null), [playable, frame]);
}
