/** The frame of the site: who is signed in, which view is open, and the bar above it. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiClient } from "../../api/client";
import type { SiteConfig } from "../../api/config";
import { putBlob } from "../../api/http";
import { explainError } from "../../api/refusals";
import { Session } from "../../api/session";
import { Attention } from "../../review/attention";
import { ChangeFeed } from "../../review/change-feed";
import { Outbox, wait } from "../../uploads/outbox";
import { UploadShelf } from "../../uploads/shelf";
import { ReviewView } from "../desk/review-view";
import { Blank } from "../parts/blocks";
import { reviewLink, VIDEOS_LINK } from "../parts/router";
import { VideosView } from "../videos/videos-view";
import { SignIn } from "./sign-in";
import { useRoute } from "./use-route";

type Phase = "checking" | "signed-in" | "signed-out" | "failed";

export function App({ config }: { config: SiteConfig }) {
  const [phase, setPhase] = useState<Phase>("checking");
  const [problem, setProblem] = useState("");
  const session = useMemo(() => new Session(config, () => setPhase("signed-out")), [config]);
  const api = useMemo(() => new ApiClient(config.apiUrl, session), [config, session]);
  const feed = useMemo(() => new ChangeFeed(api, new Attention(document)), [api]);

  useEffect(() => {
    session.resume().then(
      (resumed) => setPhase(resumed ? "signed-in" : "signed-out"),
      (error: unknown) => {
        setProblem(explainError(error));
        setPhase("failed");
      },
    );
  }, [session]);

  if (phase === "checking") return <div class="page" aria-busy="true" />;
  if (phase === "failed") return <Unreachable problem={problem} />;
  if (phase === "signed-out") {
    const isLocal = config.localUser !== null;
    return <SignIn session={session} isLocal={isLocal} onSignedIn={() => setPhase("signed-in")} />;
  }
  return <SignedIn api={api} feed={feed} session={session} />;
}

interface SignedInProps {
  readonly api: ApiClient;
  readonly feed: ChangeFeed;
  readonly session: Session;
}

function SignedIn({ api, feed, session }: SignedInProps) {
  const route = useRoute();
  const outbox = useOutbox(api, session);
  return (
    <div class="page">
      <header class="bar">
        <a class="bar__brand" href={VIDEOS_LINK}>
          <svg class="bar__logo" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M6 4v16M18 4v16M6 12h12" />
            <circle cx="12" cy="12" r="3.4" />
          </svg>
          Heaters
        </a>
        <nav class="bar__nav" aria-label="Views">
          <a
            class="bar__link"
            href={reviewLink(null)}
            aria-current={route.view === "review" ? "page" : undefined}
          >
            Review
          </a>
          <a class="bar__link" href={VIDEOS_LINK} aria-current={route.view === "videos" ? "page" : undefined}>
            Videos
          </a>
        </nav>
        <span class="bar__person">{session.username}</span>
        <button type="button" class="button button--quiet" onClick={() => void session.signOut()}>
          Sign out
        </button>
      </header>
      {route.view === "review" ? (
        <ReviewView key={route.videoId ?? ""} api={api} feed={feed} videoId={route.videoId} />
      ) : (
        <VideosView api={api} feed={feed} outbox={outbox} />
      )}
    </div>
  );
}

/** Uploads go on whichever view is open, and stop when the person signs out; leaving the page asks first. */
function useOutbox(api: ApiClient, session: Session): Outbox {
  const outbox = useMemo(() => {
    const shelf = new UploadShelf(localStorage, session.username);
    return new Outbox({ api, shelf, put: putBlob, wait });
  }, [api, session]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (outbox.isSending) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    const end = api.beforeSignOut(async () => outbox.stop());
    return () => {
      removeEventListener("beforeunload", ask);
      end();
    };
  }, [api, outbox]);
  return outbox;
}

function Unreachable({ problem }: { problem: string }) {
  const again = (
    <button type="button" class="button button--primary" onClick={() => location.reload()}>
      Try again
    </button>
  );
  return (
    <div class="page page--centred">
      <Blank title="Heaters could not start" tone="problem" action={again}>
        {problem}
      </Blank>
    </div>
  );
}
