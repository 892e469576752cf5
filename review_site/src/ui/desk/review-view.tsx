/** The review page: one sitting from opening the page to leaving it, and what is shown until there are clips. */

import { useEffect, useMemo, useState } from "preact/hooks";
import type { ApiClient } from "../../api/client";
import type { ChangeFeed } from "../../review/change-feed";
import { followSitting } from "../../review/follow-sitting";
import { Sitting } from "../../review/sitting";
import { useStore } from "../parts/use-store";
import { FailedReview, LoadingReview, NothingToReview } from "./review-blanks";
import { ReviewDesk } from "./review-desk";

interface ReviewViewProps {
  readonly api: ApiClient;
  readonly feed: ChangeFeed;
  /** Null: clips of any video. */
  readonly videoId: string | null;
}

export function ReviewView({ api, feed, videoId }: ReviewViewProps) {
  const sitting = useMemo(() => new Sitting(api, videoId), [api, videoId]);
  const { phase, problem, queue } = useStore(sitting.desk.state);
  const [attempt, setAttempt] = useState(1);
  useEffect(() => feed.follow(followSitting(sitting)), [feed, sitting, attempt]);
  useEffect(() => {
    const forget = api.beforeSignOut(() => sitting.end());
    return () => {
      forget();
      void sitting.end();
    };
  }, [api, sitting]);

  if (phase === "loading") return <LoadingReview />;
  if (phase === "failed") return <FailedReview problem={problem} onRetry={() => setAttempt(attempt + 1)} />;
  if (queue.clips.length === 0) return <NothingToReview videoId={videoId} />;
  return <ReviewDesk api={api} sitting={sitting} />;
}
