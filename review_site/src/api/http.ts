/**
 * The only module that fetches. It turns every way in which a request can fail into an `ApiError` with a sentence
 * for people; it knows no routes and keeps no state.
 */

import { isRecord, readText } from "./json";

/** Why a request was not answered. `code` is the server's name for it, or `Unreachable` when nobody answered. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** Whether asking the same again may well succeed. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export interface JsonRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** The JSON that a request is answered with. Throws ApiError; an abort stays an AbortError. */
export async function fetchJson(request: JsonRequest): Promise<unknown> {
  const response = await send(request.url, {
    method: request.method,
    headers: {
      Accept: "application/json",
      ...(request.body === undefined ? {} : { "Content-Type": "application/json" }),
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw explain(response.status, answer);
  return answer;
}

/** Bytes `start <= b < end` of an object, as they arrive, with the size of the whole. */
export interface ByteRange {
  readonly body: ReadableStream<Uint8Array>;
  readonly totalBytes: number;
}

/** One ranged request. Throws ApiError; 401 and 403 mean that a signed URL has run out. */
export async function fetchRange(url: string, start: number, end: number): Promise<ByteRange> {
  const response = await send(url, { headers: { Range: `bytes=${start}-${end - 1}` } });
  if (response.status !== 206 || !response.body) {
    await response.body?.cancel();
    const why = response.ok ? "The server ignores ranges." : `The server answered ${response.status}.`;
    throw new ApiError(response.status, "NoRange", `The video could not be read. ${why}`);
  }
  const total = /\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1];
  if (total === undefined) throw new ApiError(response.status, "NoRange", "The video's size is not known.");
  return { body: response.body, totalBytes: Number(total) };
}

/** A whole small object, such as a sheet of thumbnails. */
export async function fetchBlob(url: string): Promise<Blob> {
  const response = await send(url, {});
  if (!response.ok) throw explain(response.status, null);
  return response.blob();
}

const STALLED_MS = 60_000;

/**
 * PUT a piece of a file to a signed URL; the ETag that it is known by from then on. Throws ApiError, also when nothing
 * moves for a minute: a connection that was lost in silence would else be waited for without end.
 */
export function putBlob(
  url: string,
  body: Blob,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  // fetch does not tell how much has left.
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const fail = (message: string) => reject(new ApiError(request.status, "NotStored", message));
    const stop = () => request.abort();
    let stalled = setTimeout(stop, STALLED_MS);
    request.upload.onprogress = (event) => {
      clearTimeout(stalled);
      stalled = setTimeout(stop, STALLED_MS);
      onProgress(event.loaded);
    };
    request.onload = () => {
      const etag = request.getResponseHeader("ETag");
      if (request.status === 200 && etag) resolve(etag);
      else fail(`The storage answered ${request.status}.`);
    };
    request.onerror = () => fail("The storage cannot be reached. Check the connection.");
    request.onabort = () => {
      if (signal.aborted) reject(signal.reason);
      else fail("The storage did not answer for a minute. Check the connection.");
    };
    request.onloadend = () => {
      clearTimeout(stalled);
      signal.removeEventListener("abort", stop);
    };
    signal.addEventListener("abort", stop);
    request.open("PUT", url);
    request.send(body);
  });
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, "Unreachable", "The server cannot be reached. Check the connection.");
  }
}

/** Heaters answers `{error: {code, message, details}}`, API Gateway `{message}`, Cognito `{__type, message}`. */
function explain(status: number, answer: unknown): ApiError {
  const body = isRecord(answer) ? answer : {};
  const inner = isRecord(body["error"]) ? body["error"] : body;
  const code = readText(inner, "code") ?? readText(inner, "__type")?.split("#").pop() ?? `Http${status}`;
  const message = readText(inner, "message") ?? readText(inner, "Message");
  const details = isRecord(inner["details"]) ? inner["details"] : {};
  return new ApiError(status, code, message ?? `The server answered ${status}.`, details);
}
