/** The sign-in form. Where a local user is set up it is only seen after signing out, and says so. */

import { useState } from "preact/hooks";
import type { Credentials } from "../../api/config";
import { explainError } from "../../api/refusals";
import type { Session } from "../../api/session";

interface SignInProps {
  readonly session: Session;
  readonly isLocal: boolean;
  readonly onSignedIn: () => void;
}

const FIELDS = [
  { label: "User name", name: "username", autoComplete: "username" },
  { label: "Password", name: "password", autoComplete: "current-password", type: "password" },
] as const;

export function SignIn({ session, isLocal, onSignedIn }: SignInProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const run = async (signIn: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    try {
      await signIn();
      onSignedIn();
    } catch (error) {
      setProblem(explainError(error));
      setBusy(false);
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const credentials = readCredentials(new FormData(event.currentTarget));
    void run(() => session.signIn(credentials));
  };

  return (
    <main class="page page--centred">
      <form class="sign-in" onSubmit={submit}>
        <h1 class="sign-in__title">Sign in to Heaters</h1>
        {FIELDS.map(({ label, ...input }) => (
          <label key={label} class="field">
            <span class="field__label">{label}</span>
            <input class="field__input" required {...input} />
          </label>
        ))}
        <p class="sign-in__problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="button button--primary" disabled={busy}>
          {busy ? "Signing in" : "Sign in"}
        </button>
        {isLocal && (
          <button
            type="button"
            class="button"
            disabled={busy}
            onClick={() => void run(() => session.renew())}
          >
            Continue as the local reviewer
          </button>
        )}
      </form>
    </main>
  );
}

function readCredentials(form: FormData): Credentials {
  return { username: String(form.get("username")), password: String(form.get("password")) };
}
