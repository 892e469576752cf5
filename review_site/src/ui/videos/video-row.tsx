/** One video of the list: what it is, where it is in the pipeline, and what there is to do about it. */

import type { Video } from "../../api/types";
import { formatDuration, formatRate, formatRemaining, parseRate } from "../../domain/timecode";
import { pendingClips, sharesOf } from "../../domain/videos";
import { countOf, stageWords, videoWords } from "../../domain/words";
import { StateMark } from "../parts/blocks";
import { reviewLink } from "../parts/router";

export function VideoRow({ video }: { video: Video }) {
  const pending = pendingClips(video.counts);
  const words = videoWords(video.state, pending);
  return (
    <li class="video" data-video-id={video.video_id} data-state={video.state}>
      <div class="video__about">
        <h2 class="video__title" title={video.title}>
          {video.title}
        </h2>
        <p class="video__facts">{describe(video)}</p>
      </div>
      <StateMark words={words} />
      <Work video={video} isBusy={words.tone === "busy"} />
      <div class="video__action">
        {Object.keys(video.counts).length > 0 && (
          <a
            class={pending > 0 ? "button button--primary" : "button"}
            href={reviewLink(video.video_id)}
            aria-label={`${pending > 0 ? "Review" : "Look at"} ${video.title}`}
          >
            {pending > 0 ? `Review ${countOf(pending, "clip")}` : "Look at clips"}
          </a>
        )}
      </div>
      {video.warnings.map((warning) => (
        <p key={warning} class="video__note">
          {warning}
        </p>
      ))}
      {video.master_error && !video.error && (
        <p class="video__note" title={video.master_error.message}>
          Saving the lossless copy failed ({video.master_error.error}). It is tried again by itself and holds
          up nothing.
        </p>
      )}
    </li>
  );
}

function Work({ video, isBusy }: { video: Video; isBusy: boolean }) {
  if (video.error) {
    return (
      <div class="video__work video__failure">
        <p class="video__cause">{video.error.message}</p>
        <p class="video__error-name">{video.error.error}</p>
      </div>
    );
  }
  if (isBusy && video.progress) return <ProgressLine progress={video.progress} />;
  if (isBusy && Object.keys(video.counts).length === 0) return <Starting />;
  return <ClipShares counts={video.counts} />;
}

function Starting() {
  return (
    <div class="video__work">
      <progress class="progress" aria-label="Starting" />
      <p class="progress__text">Starting</p>
    </div>
  );
}

function ProgressLine({ progress }: { progress: NonNullable<Video["progress"]> }) {
  const percent = Math.round(Math.min(Math.max(progress.fraction, 0), 1) * 100);
  const label = stageWords(progress.stage);
  return (
    <div class="video__work">
      <progress class="progress" value={percent} max={100} aria-label={label} />
      <p class="progress__text">
        <span>{label}</span>
        <span>
          {percent} %{progress.eta_s !== null && percent < 100 && ` · ${formatRemaining(progress.eta_s)}`}
        </span>
      </p>
    </div>
  );
}

function ClipShares({ counts }: { counts: Video["counts"] }) {
  const shares = sharesOf(counts);
  return (
    <div class="video__work">
      <div class="shares" aria-hidden="true">
        {shares.map((share) => (
          <span
            key={share.tone}
            class={`shares__part shares__part--${share.tone}`}
            style={{ flexGrow: share.count }}
          />
        ))}
      </div>
      <p class="shares__text">
        {shares.map((share) => (
          <span key={share.tone} class={`shares__label shares__label--${share.tone}`}>
            {share.count} {share.label}
          </span>
        ))}
      </p>
    </div>
  );
}

function describe(video: Video): string {
  const rate = video.fps === null ? null : parseRate(video.fps);
  const added = new Date(video.created_at);
  return [
    video.duration_s === null ? null : formatDuration(video.duration_s),
    video.width === null || video.height === null ? null : `${video.width} × ${video.height}`,
    rate && formatRate(rate),
    `added ${added.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}`,
  ]
    .filter((part) => part !== null)
    .join(" · ");
}
