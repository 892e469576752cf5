/** The review page: the queue at the side, the exact player in the middle, decisions below, all by key. */

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ApiClient } from "../../api/client";
import type { Clip, VideoDetail } from "../../api/types";
import { isReviewable } from "../../domain/clips";
import { type Command, commandOf } from "../../domain/keys";
import { countQueue, currentClip, nextOfMine, type Queue } from "../../domain/queue";
import { describeChange } from "../../domain/redetection";
import { parseRate } from "../../domain/timecode";
import type { PlayableVideo } from "../../player/store-shelf";
import type { ChangeFeed } from "../../review/change-feed";
import { followSitting } from "../../review/follow-sitting";
import { sayCutAnew } from "../../review/notices";
import { Sitting } from "../../review/sitting";
import { HelpDialog } from "../commands/help-dialog";
import { Blank, Key, Skeleton } from "../parts/blocks";
import { VIDEOS_LINK } from "../parts/router";
import { useKeyPress } from "../parts/use-key-press";
import { useStore } from "../parts/use-store";
import { type PlayerControls, PlayerPane } from "../viewer/player-pane";
import { ClipList } from "./clip-list";
import { CommandButton, DecisionBar } from "./decision-bar";
import { SensitivityPanel } from "./sensitivity-panel";

interface ReviewViewProps {
  readonly api: ApiClient;
  readonly feed: ChangeFeed;
  readonly videoId: string | null;
}

export function ReviewView({ api, feed, videoId }: ReviewViewProps) {
  const sitting = useMemo(() => new Sitting(api, videoId), [api, videoId]);
  const state = useStore(sitting.desk.state);
  const [attempt, setAttempt] = useState(1);
  useEffect(() => feed.follow(followSitting(sitting)), [feed, sitting, attempt]);
  useEffect(() => {
    const forget = api.beforeSignOut(() => sitting.end());
    return () => {
      forget();
      void sitting.end();
    };
  }, [api, sitting]);

  if (state.phase === "loading") return <LoadingReview />;
  if (state.phase === "failed") {
    return (
      <main class="review review--blank">
        <Blank
          title="The clips could not be loaded"
          tone="problem"
          action={
            <button type="button" class="button button--primary" onClick={() => setAttempt(attempt + 1)}>
              Try again
            </button>
          }
        >
          {state.problem}
        </Blank>
      </main>
    );
  }
  return state.queue.clips.length === 0 ? (
    <NothingToReview sitting={sitting} />
  ) : (
    <ReviewDesk api={api} sitting={sitting} />
  );
}

function ReviewDesk({ api, sitting }: { api: ApiClient; sitting: Sitting }) {
  const { queue, videos, notice, releasing } = useStore(sitting.desk.state);
  const [helpIsOpen, setHelpIsOpen] = useState(false);
  const [panelIsOpen, setPanelIsOpen] = useState(false);
  const controls = useRef<PlayerControls | null>(null);
  const setControls = useCallback((given: PlayerControls | null) => {
    controls.current = given;
  }, []);
  const playables = usePlayables(sitting, videos);
  const clip = currentClip(queue);
  const video = clip && videos.get(clip.video_id);
  const playable = clip && playables.get(clip.video_id);
  const following = useFollowing(queue, playables);
  const releasable = findReleasable(queue);

  const obey = (command: Command) => {
    if (command === "approve" || command === "skip" || command === "archive")
      sitting.decisions.decide(command);
    else if (command === "undo") sitting.decisions.undo();
    else if (command === "next-clip") sitting.desk.moveBy(1);
    else if (command === "previous-clip") sitting.desk.moveBy(-1);
    else if (command === "detect") setPanelIsOpen(!panelIsOpen);
    else if (command === "help") setHelpIsOpen(true);
    else controls.current?.run(command);
  };
  useKeyPress((event) => {
    const command = commandOf(event);
    if (!command || (command === "play" && event.target instanceof HTMLButtonElement)) return;
    event.preventDefault();
    if (!event.repeat || REPEATABLE.has(command)) obey(command);
  });

  return (
    <main class="review">
      <ClipList queue={queue} videos={videos} onSelect={(id) => sitting.desk.select(id)} />
      <div class="desk">
        <div class="desk__head">
          <h1 class="desk__title">{video?.title}</h1>
          <p class={`desk__notice desk__notice--${notice?.kind ?? "done"}`} role="status" aria-live="polite">
            {notice?.text}
          </p>
          <CommandButton command="detect" kind="button--quiet" isPressed={panelIsOpen} onCommand={obey}>
            Cuts
          </CommandButton>
          <CommandButton command="help" kind="button--quiet" onCommand={obey}>
            Keys
          </CommandButton>
        </div>
        {panelIsOpen && video && (
          <SensitivityPanel
            key={video.video_id}
            api={api}
            video={video}
            onBeforeApply={() => sitting.decisions.untilSent()}
            onApplied={(answer) =>
              void sitting.showNewCuts(video.video_id, sayCutAnew(describeChange(answer)))
            }
            onClose={() => setPanelIsOpen(false)}
          />
        )}
        {clip && video && playable ? (
          <PlayerPane
            clip={clip}
            video={video}
            playable={playable}
            following={following}
            onControls={setControls}
            onCommand={obey}
          />
        ) : (
          <NoPicture />
        )}
        <DecisionBar
          state={clip?.state ?? null}
          isReviewable={clip !== null && isReviewable(clip)}
          toRelease={releasable.clips}
          isAllDecided={countQueue(queue).pending === 0}
          isReleasing={releasing}
          onCommand={obey}
          onRelease={() => void sitting.decisions.release(releasable.videoIds)}
        />
      </div>
      <HelpDialog isOpen={helpIsOpen} onClose={() => setHelpIsOpen(false)} />
    </main>
  );
}

/** Commands that go on while their key is held down. */
const REPEATABLE: ReadonlySet<Command> = new Set([
  "forward-1",
  "back-1",
  "forward-10",
  "back-10",
  "next-clip",
  "previous-clip",
]);

/** The videos as the player takes them; each stays the same object while its video is on the desk. */
function usePlayables(
  sitting: Sitting,
  videos: ReadonlyMap<string, VideoDetail>,
): ReadonlyMap<string, PlayableVideo> {
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

function useFollowing(queue: Queue<Clip>, playables: ReadonlyMap<string, PlayableVideo>) {
  const next = queue.clips[nextOfMine(queue, queue.current)];
  const playable = next && playables.get(next.video_id);
  const frame = next?.start_frame ?? 0;
  return useMemo(() => (playable ? { playable, frame } : null), [playable, frame]);
}

/** Clips that are decided, have something to be done about them and are in no wave yet; and their videos. */
function findReleasable(queue: Queue<Clip>): {
  readonly clips: number;
  readonly videoIds: readonly string[];
} {
  const waiting = queue.clips.filter(
    (clip) => clip.state === "review_approved" || clip.state === "review_archived",
  );
  return { clips: waiting.length, videoIds: [...new Set(waiting.map((clip) => clip.video_id))] };
}

function LoadingReview() {
  return (
    <main class="review" aria-busy="true">
      <aside class="queue">
        <Skeleton rows={6} kind="clip" />
      </aside>
      <div class="desk">
        <div class="desk__head" />
        <section class="player">
          <div class="player__stage" />
        </section>
      </div>
    </main>
  );
}

function NothingToReview({ sitting }: { sitting: Sitting }) {
  const why =
    sitting.desk.videoId === null
      ? "Every clip is decided or with another reviewer. New clips appear here when the next video is ready."
      : "This video has no clips yet. They appear here when it is ready.";
  return (
    <main class="review review--blank">
      <Blank
        title="Nothing to review"
        action={
          <a class="button button--primary" href={VIDEOS_LINK}>
            See all videos
          </a>
        }
      >
        {why}
      </Blank>
    </main>
  );
}

function NoPicture() {
  return (
    <section class="player">
      <div class="player__stage">
        <p class="player__problem" role="alert">
          This video has no proxy to play. Press <Key label="K" /> or <Key label="J" /> for another clip.
        </p>
      </div>
    </section>
  );
}
