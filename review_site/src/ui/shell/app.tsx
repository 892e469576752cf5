/** The whole site: finds out who is signed in, and makes what every page is given. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiClient } from "../../api/client";
import type { SiteConfig } from "../../api/config";
import { explainError } from "../../api/refusals";
import { Session } from "../../api/session";
import { Attention } from "../../review/attention";
import { ChangeFeed } from "../../review/change-feed";
import { Blank, TryAgain } from "../parts/blocks";
import { Pages } from "./pages";
import { SignIn } from "./sign-in";

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
  return <Pages api={api} feed={feed} session={session} />;
}

function Unreachable({ problem }: { problem: string }) {
  return (
    <div class="page page--centred">
      <Blank
        title="Heaters could not start"
        tone="problem"
        action={<TryAgain onTry={() => location.reload()} />}
      >
        {problem}
      </Blank>
    </div>
  );
}
