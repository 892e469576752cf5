/** The queue at the side: every clip with its still, its time and its state. */

import { useEffect, useRef } from "preact/hooks";
import type { Clip, VideoDetail } from "../../api/types";
import { clipRange } from "../../domain/clips";
import { countQueue, type Queue } from "../../domain/queue";
import { formatDuration, formatTimecode, frameToSeconds, parseRate } from "../../domain/timecode";
import { clipWords } from "../../domain/words";
import { keepFocus } from "../commands/command-button";
import { StateMark } from "../parts/blocks";
import { Thumbnail } from "../parts/thumbnail";

interface ClipListProps {
  readonly queue: Queue<Clip>;
  readonly videos: ReadonlyMap<string, VideoDetail>;
  readonly onSelect: (clipId: string) => void;
}

export function ClipList({ queue, videos, onSelect }: ClipListProps) {
  const counts = countQueue(queue);
  return (
    <aside class="queue" aria-label="Clips">
      <div class="queue__head">
        <h2 class="queue__title">Clips</h2>
        <span class="queue__count">
          {counts.decided} of {counts.total} decided
        </span>
      </div>
      <progress
        class="progress progress--thin"
        value={counts.decided}
        max={counts.total}
        aria-label="Decided"
      />
      <ol class="queue__list">
        {queue.clips.map((clip, index) => (
          <ClipItem
            key={clip.clip_id}
            clip={clip}
            video={videos.get(clip.video_id) ?? null}
            isOpen={index === queue.current}
            showsTitle={videos.size > 1}
            onSelect={onSelect}
          />
        ))}
      </ol>
    </aside>
  );
}

interface ClipItemProps {
  readonly clip: Clip;
  readonly video: VideoDetail | null;
  readonly isOpen: boolean;
  readonly showsTitle: boolean;
  readonly onSelect: (clipId: string) => void;
}

const FALLBACK_RATE = { numerator: 24, denominator: 1 };

function ClipItem({ clip, video, isOpen, showsTitle, onSelect }: ClipItemProps) {
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isOpen) item.current?.scrollIntoView({ block: "nearest" });
  }, [isOpen]);
  const rate = parseRate(video?.fps ?? "") ?? FALLBACK_RATE;
  const frames = clip.end_frame - clip.start_frame;
  return (
    <li ref={item} class="queue__item">
      <button
        type="button"
        class="clip"
        data-clip-id={clip.clip_id}
        data-state={clip.state}
        aria-current={isOpen ? "true" : undefined}
        onMouseDown={keepFocus}
        onClick={() => onSelect(clip.clip_id)}
      >
        <Thumbnail storyboard={video?.storyboard ?? null} range={clipRange(clip)} rate={rate} />
        <span class="clip__about">
          <span class="clip__time">{formatTimecode(clip.start_frame, rate)}</span>
          <span class="clip__length">
            {formatDuration(frameToSeconds(frames, rate))} · {frames} frames
          </span>
          {showsTitle && <span class="clip__video">{video?.title}</span>}
          <StateMark words={clipWords(clip.state)} />
        </span>
      </button>
    </li>
  );
}
