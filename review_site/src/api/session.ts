/**
 * Who is signed in: Cognito's InitiateAuth, the ID token, and its renewal before it runs out. Tokens live in
 * sessionStorage, so a tab keeps them over a reload and no other tab or later visit has them.
 */

import type { Credentials, SiteConfig } from "./config";
import { ApiError, fetchJson } from "./http";
import { isRecord, readNumber, readText } from "./json";

const STORAGE_KEY = "heaters.session";
const RENEW_BEFORE_MS = 60_000;
const FAREWELL_MS = 2_000;

type Farewell = () => Promise<unknown>;

interface Tokens {
  readonly idToken: string;
  readonly refreshToken: string | null;
  readonly expiresAt: number;
}

export class Session {
  private tokens: Tokens | null = readStored();
  private renewing: Promise<string> | null = null;
  private hasLeft = false;
  private readonly farewells = new Set<Farewell>();

  /** `onSignedOut` is called when a token can no longer be renewed without asking the person. */
  constructor(
    private readonly config: SiteConfig,
    private readonly onSignedOut: () => void,
  ) {}

  /** True when a token is there, or is had without asking. */
  async resume(): Promise<boolean> {
    if (!this.tokens && (!this.config.localUser || this.hasLeft)) return false;
    return this.token().then(
      () => true,
      (error) => {
        if (error instanceof ApiError && !error.isTransient) return false;
        throw error;
      },
    );
  }

  get username(): string {
    const claims = this.tokens ? readClaims(this.tokens.idToken) : {};
    return readText(claims, "cognito:username") ?? readText(claims, "email") ?? "";
  }

  /** Throws ApiError with Cognito's own reason when the password is wrong. */
  async signIn({ username, password }: Credentials): Promise<void> {
    await this.initiate("USER_PASSWORD_AUTH", { USERNAME: username, PASSWORD: password });
    this.hasLeft = false;
  }

  /** Have `farewell` called, and waited for a little, before the person's token is dropped; returns its undoing. */
  beforeSignOut(farewell: Farewell): () => void {
    this.farewells.add(farewell);
    return () => this.farewells.delete(farewell);
  }

  /** Nobody is signed in without being asked until the page is loaded again. */
  async signOut(): Promise<void> {
    const said = Promise.allSettled([...this.farewells].map((farewell) => farewell()));
    await Promise.race([said, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
    this.hasLeft = true;
    this.drop();
  }

  private drop(): void {
    this.tokens = null;
    sessionStorage.removeItem(STORAGE_KEY);
    this.onSignedOut();
  }

  /** A token that is good for another minute. Signs out and throws when there is no way to one. */
  async token(): Promise<string> {
    if (this.tokens && this.tokens.expiresAt - Date.now() > RENEW_BEFORE_MS) return this.tokens.idToken;
    return this.renew();
  }

  /** A new token, for one that was refused. Calls at the same time share one renewal. */
  async renew(): Promise<string> {
    this.renewing ??= this.obtain().finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  private async obtain(): Promise<string> {
    const refreshToken = this.tokens?.refreshToken;
    try {
      if (refreshToken) return await this.initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: refreshToken });
    } catch (error) {
      if (error instanceof ApiError && error.isTransient) throw error;
    }
    const local = this.config.localUser;
    if (local && !this.hasLeft) {
      return this.initiate("USER_PASSWORD_AUTH", { USERNAME: local.username, PASSWORD: local.password });
    }
    this.drop();
    throw new ApiError(401, "NotSignedIn", "Your sign-in has run out. Sign in again.");
  }

  private async initiate(flow: string, parameters: Readonly<Record<string, string>>): Promise<string> {
    const answer = await fetchJson({
      method: "POST",
      url: this.config.cognito.endpoint,
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
      },
      body: { AuthFlow: flow, ClientId: this.config.cognito.clientId, AuthParameters: parameters },
    });
    this.tokens = readTokens(answer, this.tokens?.refreshToken ?? null);
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(this.tokens));
    return this.tokens.idToken;
  }
}

function readTokens(answer: unknown, oldRefreshToken: string | null): Tokens {
  const result =
    isRecord(answer) && isRecord(answer["AuthenticationResult"]) ? answer["AuthenticationResult"] : {};
  const idToken = readText(result, "IdToken");
  if (!idToken) {
    const challenge = isRecord(answer) ? readText(answer, "ChallengeName") : null;
    throw new ApiError(
      400,
      challenge ?? "NoToken",
      "This account needs a step that this page does not know.",
    );
  }
  return {
    idToken,
    refreshToken: readText(result, "RefreshToken") ?? oldRefreshToken,
    expiresAt: Date.now() + (readNumber(result, "ExpiresIn") ?? 3600) * 1000,
  };
}

function readStored(): Tokens | null {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null");
    if (!isRecord(stored)) return null;
    const [idToken, expiresAt] = [readText(stored, "idToken"), readNumber(stored, "expiresAt")];
    return idToken && expiresAt
      ? { idToken, expiresAt, refreshToken: readText(stored, "refreshToken") }
      : null;
  } catch {
    return null;
  }
}

/** The claims, unchecked: only to greet by name. The API checks the signature. */
function readClaims(token: string): Readonly<Record<string, unknown>> {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const claims: unknown = JSON.parse(atob(payload));
    return isRecord(claims) ? claims : {};
  } catch {
    return {};
  }
}
