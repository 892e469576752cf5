/** The list of videos, as many pages of it as were asked for, followed while it can be seen. */

import { useEffect, useState } from "preact/hooks";
import type { ApiClient } from "../../api/client";
import { explainError } from "../../api/refusals";
import type { Video } from "../../api/types";
import { mergeVideos } from "../../domain/videos";
import type { ChangeFeed } from "../../review/change-feed";

export interface Listing {
  readonly videos: readonly Video[];
  readonly hasMore: boolean;
}

interface Known {
  /** Null until it was read for the first time. */
  readonly listing: Listing | null;
  /** Why it may be out of date. */
  readonly problem: string | null;
}

export function useListing(api: ApiClient, feed: ChangeFeed, pages: number): Known {
  const [listing, setListing] = useState<Listing | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    return feed.follow({
      show: "videos",
      videoId: null,
      reload: async (ended) => {
        setListing(await listPages(api, pages, ended));
        setProblem(null);
      },
      take: async (changes) => {
        setProblem(null);
        const changed = changes.flatMap((change) => change.video ?? []);
        if (changed.length > 0) setListing((known) => known && mergeListing(known, changed));
      },
      lose: (error) => setProblem(explainError(error)),
    });
  }, [api, feed, pages]);
  return { listing, problem };
}

function mergeListing({ videos, hasMore }: Listing, changed: readonly Video[]): Listing {
  return { videos: mergeVideos(videos, changed, hasMore), hasMore };
}

async function listPages(api: ApiClient, pages: number, signal: AbortSignal): Promise<Listing> {
  const videos: Video[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pages; page += 1) {
    const answer = await api.listVideos(cursor, signal);
    videos.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) break;
  }
  return { videos, hasMore: cursor !== null };
}
