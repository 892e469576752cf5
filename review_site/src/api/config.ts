/** `/config.json` beside the site: where the API and the user pool are. The only thing that differs between places. */

import { ApiError, fetchJson } from "./http";
import { isRecord, type JsonRecord, readText } from "./json";

export interface SiteConfig {
  readonly apiUrl: string;
  readonly cognito: { readonly endpoint: string; readonly clientId: string };
  /** Only where the site runs on one machine: who is signed in without being asked. */
  readonly localUser: Credentials | null;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export async function loadConfig(): Promise<SiteConfig> {
  const answer = await fetchJson({ method: "GET", url: "./config.json" });
  const config = isRecord(answer) ? answer : {};
  const cognito = isRecord(config["cognito"]) ? config["cognito"] : {};
  return {
    apiUrl: demand(config, "apiUrl").replace(/\/$/, ""),
    cognito: { endpoint: demand(cognito, "endpoint"), clientId: demand(cognito, "clientId") },
    localUser: readCredentials(config["localUser"]),
  };
}

function demand(record: JsonRecord, key: string): string {
  const text = readText(record, key);
  if (!text) throw new ApiError(500, "InvalidConfig", `config.json lacks ${key}; deploy the site again.`);
  return text;
}

function readCredentials(value: unknown): Credentials | null {
  if (!isRecord(value)) return null;
  const [username, password] = [readText(value, "username"), readText(value, "password")];
  return username && password ? { username, password } : null;
}
