/** The API's routes as functions. A request whose token is refused is sent once more with a new one. */

import type { Decision } from "../domain/clips";
import { ApiError, fetchJson, type JsonRequest } from "./http";
import type { Session } from "./session";
import type {
  ActionAnswer,
  ChangePage,
  Clip,
  ClipPage,
  DetectAnswer,
  DetectRequest,
  Lease,
  NextAnswer,
  NextRequest,
  Released,
  SentPart,
  Upload,
  UploadedVideo,
  UploadParts,
  VideoDetail,
  VideoPage,
} from "./types";

const CLIPS_PER_PAGE = 200;

type Query = Readonly<Record<string, string | number | null | undefined>>;
/** `key` names a request that creates something, so that repeating it creates nothing more. */
type Call = Omit<JsonRequest, "url" | "headers"> & { readonly key?: string };

export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly session: Session,
  ) {}

  beforeSignOut(farewell: () => Promise<unknown>): () => void {
    return this.session.beforeSignOut(farewell);
  }

  listVideos(cursor: string | null, signal?: AbortSignal): Promise<VideoPage> {
    return this.get<VideoPage>("/videos", { cursor }, signal);
  }

  getVideo(videoId: string, signal?: AbortSignal): Promise<VideoDetail> {
    return this.get<VideoDetail>(`/videos/${encodeURIComponent(videoId)}`, {}, signal);
  }

  /** Every live clip of a video, in order, however many pages that takes. */
  async listClips(videoId: string, signal?: AbortSignal): Promise<Clip[]> {
    const clips: Clip[] = [];
    let cursor: string | null = null;
    do {
      const path = `/videos/${encodeURIComponent(videoId)}/clips`;
      const page: ClipPage = await this.get<ClipPage>(path, { cursor, limit: CLIPS_PER_PAGE }, signal);
      clips.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return clips;
  }

  /** What changed since `cursor`, as soon as something does, or nothing after 20 s. Without a cursor: at once. */
  listChanges(
    query: {
      readonly cursor: string | null;
      readonly show: "videos" | "clips";
      readonly video_id: string | null;
    },
    signal: AbortSignal,
  ): Promise<ChangePage> {
    return this.get<ChangePage>("/changes", query, signal);
  }

  leaseNext(query: NextRequest): Promise<NextAnswer> {
    return this.post<NextAnswer>("/queue/next", query);
  }

  renewLease(leaseId: string): Promise<Lease> {
    return this.post<Lease>(`/leases/${encodeURIComponent(leaseId)}/renew`);
  }

  async endLease(leaseId: string): Promise<void> {
    await this.call(`/leases/${encodeURIComponent(leaseId)}`, { method: "DELETE" });
  }

  decideClip(clipId: string, action: Decision, version: number): Promise<ActionAnswer> {
    return this.post<ActionAnswer>(`/clips/${encodeURIComponent(clipId)}/actions`, { action, version });
  }

  undo(): Promise<ActionAnswer> {
    return this.post<ActionAnswer>("/undo");
  }

  /** What detecting scenes with these settings would change, or, with `apply`, has changed. */
  detect(videoId: string, request: DetectRequest, signal?: AbortSignal): Promise<DetectAnswer> {
    return this.post<DetectAnswer>(`/videos/${encodeURIComponent(videoId)}/detect`, request, signal);
  }

  releaseVideo(videoId: string): Promise<Released> {
    return this.post<Released>(`/videos/${encodeURIComponent(videoId)}/release`);
  }

  beginUpload(filename: string, sizeBytes: number, key: string): Promise<Upload> {
    const body = { filename, size_bytes: sizeBytes };
    return this.call<Upload>("/uploads", { method: "POST", body, key });
  }

  /** Fresh URLs for these parts, and which parts are there; closed uploads are refused. */
  signParts(uploadId: string, partNumbers: readonly number[]): Promise<UploadParts> {
    return this.post<UploadParts>(`/uploads/${encodeURIComponent(uploadId)}/parts`, {
      part_numbers: partNumbers,
    });
  }

  completeUpload(uploadId: string, parts: readonly SentPart[]): Promise<UploadedVideo> {
    return this.post<UploadedVideo>(`/uploads/${encodeURIComponent(uploadId)}/complete`, { parts });
  }

  async abortUpload(uploadId: string): Promise<void> {
    await this.call(`/uploads/${encodeURIComponent(uploadId)}`, { method: "DELETE" });
  }

  private get<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
    const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
    const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
    return this.call<T>(text ? `${path}?${text}` : path, { method: "GET", ...(signal ? { signal } : {}) });
  }

  private post<T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
    return this.call<T>(path, { method: "POST", body, ...(signal ? { signal } : {}) });
  }

  /** The answer as `T`: the generated types are the server's promise, which its own tests keep. */
  private async call<T>(path: string, { key, ...call }: Call): Promise<T> {
    const named = key === undefined ? {} : { "Idempotency-Key": key };
    const send = (token: string) =>
      fetchJson({
        ...call,
        url: this.baseUrl + path,
        headers: { Authorization: `Bearer ${token}`, ...named },
      });
    try {
      return (await send(await this.session.token())) as T;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      return (await send(await this.session.renew())) as T;
    }
  }
}
