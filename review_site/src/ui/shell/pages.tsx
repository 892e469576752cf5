/** The pages of somebody who is signed in: the bar, and below it the one that the address asks for. */

import type { ApiClient } from "../../api/client";
import type { Session } from "../../api/session";
import type { ChangeFeed } from "../../review/change-feed";
import { ReviewView } from "../desk/review-view";
import { type Route, reviewLink, VIDEOS_LINK } from "../parts/router";
import { VideosView } from "../videos/videos-view";
import { useOutbox } from "./use-outbox";
import { useRoute } from "./use-route";

interface PagesProps {
  readonly api: ApiClient;
  readonly feed: ChangeFeed;
  readonly session: Session;
}

export function Pages({ api, feed, session }: PagesProps) {
  const route = useRoute();
  const outbox = useOutbox(api, session);
  return (
    <div class="page">
      <Bar session={session} open={route.view} />
      {route.view === "review" ? (
        <ReviewView key={route.videoId ?? ""} api={api} feed={feed} videoId={route.videoId} />
      ) : (
        <VideosView api={api} feed={feed} outbox={outbox} />
      )}
    </div>
  );
}

const LINKS: readonly { readonly view: Route["view"]; readonly title: string; readonly link: string }[] = [
  { view: "review", title: "Review", link: reviewLink(null) },
  { view: "videos", title: "Videos", link: VIDEOS_LINK },
];

function Bar({ session, open }: { session: Session; open: Route["view"] }) {
  return (
    <header class="bar">
      <a class="bar__brand" href={VIDEOS_LINK}>
        <svg class="bar__logo" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M6 4v16M18 4v16M6 12h12" />
          <circle cx="12" cy="12" r="3.4" />
        </svg>
        Heaters
      </a>
      <nav class="bar__nav" aria-label="Views">
        {LINKS.map(({ view, title, link }) => (
          <a key={view} class="bar__link" href={link} aria-current={view === open ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <span class="bar__person">{session.username}</span>
      <button type="button" class="button button--quiet" onClick={() => void session.signOut()}>
        Sign out
      </button>
    </header>
  );
}
