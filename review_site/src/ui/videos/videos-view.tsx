/** The list of videos, newest first, kept up to date while it can be seen. */

import { useState } from "preact/hooks";
import type { ApiClient } from "../../api/client";
import type { Video } from "../../api/types";
import { FILTERS, type Filter, matchesFilter } from "../../domain/videos";
import type { ChangeFeed } from "../../review/change-feed";
import type { Outbox } from "../../uploads/outbox";
import { Blank, Skeleton } from "../parts/blocks";
import { UploadButton, UploadsPanel } from "./uploads-panel";
import { useDrop } from "./use-drop";
import { type Listing, useListing } from "./use-listing";
import { VideoRow } from "./video-row";

interface VideosViewProps {
  readonly api: ApiClient;
  readonly feed: ChangeFeed;
  readonly outbox: Outbox;
}

export function VideosView({ api, feed, outbox }: VideosViewProps) {
  const [pages, setPages] = useState(1);
  const { listing, problem } = useListing(api, feed, pages);
  const [filter, setFilter] = useState<Filter>("all");
  const drop = useDrop((files) => outbox.add(files));
  const shown = listing?.videos.filter((video) => matchesFilter(video, filter)) ?? [];
  return (
    <main class={drop.isOver ? "videos videos--drop" : "videos"} {...drop.handlers}>
      <div class="videos__head">
        <h1 class="videos__title">Videos</h1>
        {listing && listing.videos.length > 0 && (
          <Filters listing={listing} filter={filter} onFilter={setFilter} />
        )}
        <UploadButton outbox={outbox} />
      </div>
      <UploadsPanel outbox={outbox} />
      {listing && problem && (
        <p class="strip strip--problem" role="alert">
          This list may be out of date. {problem} It is tried again by itself.
        </p>
      )}
      {listing ? <Rows listing={listing} shown={shown} /> : <Waiting problem={problem} />}
      {listing?.hasMore && (
        <button type="button" class="button videos__more" onClick={() => setPages(pages + 1)}>
          Show older videos
        </button>
      )}
    </main>
  );
}

interface FiltersProps {
  readonly listing: Listing;
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
}

function Filters({ listing, filter, onFilter }: FiltersProps) {
  return (
    <fieldset class="filters">
      <legend class="unseen">Show</legend>
      {FILTERS.map((entry) => (
        <button
          key={entry.filter}
          type="button"
          class="filters__choice"
          aria-pressed={entry.filter === filter}
          onClick={() => onFilter(entry.filter)}
        >
          {entry.label}
          <span class="filters__count">
            {listing.videos.filter((video) => matchesFilter(video, entry.filter)).length}
            {listing.hasMore && "+"}
          </span>
        </button>
      ))}
    </fieldset>
  );
}

function Rows({ listing, shown }: { listing: Listing; shown: readonly Video[] }) {
  if (listing.videos.length === 0) {
    return (
      <Blank title="No videos yet">
        Choose <b>Upload videos</b>, drag a file onto this page, or put one into the bucket under{" "}
        <code>uploads/</code>. It appears here by itself, and its clips are ready to review a little later.
      </Blank>
    );
  }
  if (shown.length === 0) return <Blank title="None of the videos is in this state" />;
  return (
    <ul class="videos__list">
      {shown.map((video) => (
        <VideoRow key={video.video_id} video={video} />
      ))}
    </ul>
  );
}

function Waiting({ problem }: { problem: string | null }) {
  if (problem === null) return <Skeleton rows={5} kind="video" />;
  return (
    <Blank title="The videos could not be listed" tone="problem">
      {problem} It is tried again by itself.
    </Blank>
  );
}
