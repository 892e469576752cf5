/** What the review page shows in place of the desk, or of the picture, while there is none. */

import { keyLabel } from "../../domain/keys";
import { Blank, Key, Skeleton, TryAgain } from "../parts/blocks";
import { VIDEOS_LINK } from "../parts/router";

export function LoadingReview() {
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

export function FailedReview({ problem, onRetry }: { problem: string | null; onRetry: () => void }) {
  return (
    <main class="review review--blank">
      <Blank title="The clips could not be loaded" tone="problem" action={<TryAgain onTry={onRetry} />}>
        {problem}
      </Blank>
    </main>
  );
}

/** `videoId` null: no clip of any video. */
export function NothingToReview({ videoId }: { videoId: string | null }) {
  const videos = (
    <a class="button button--primary" href={VIDEOS_LINK}>
      See all videos
    </a>
  );
  return (
    <main class="review review--blank">
      <Blank title="Nothing to review" action={videos}>
        {videoId === null
          ? "Every clip is decided or with another reviewer. New clips appear here when the next video is ready."
          : "This video has no clips yet. They appear here when it is ready."}
      </Blank>
    </main>
  );
}

export function NoPicture() {
  return (
    <section class="player">
      <div class="player__stage">
        <p class="player__problem" role="alert">
          This video has no proxy to play. Press <Key label={keyLabel("previous-clip")} /> or{" "}
          <Key label={keyLabel("next-clip")} /> for another clip.
        </p>
      </div>
    </section>
  );
}
