/** Which view the address asks for. Addresses are fragments, so that the site is one file on any static host. */

export type Route =
  | { readonly view: "videos" }
  | { readonly view: "review"; readonly videoId: string | null };

export function parseRoute(hash: string): Route {
  const [view, id] = hash.replace(/^#\/?/, "").split("/");
  if (view === "review") return { view, videoId: id ? decodeURIComponent(id) : null };
  return { view: "videos" };
}

export function reviewLink(videoId: string | null): string {
  return videoId === null ? "#/review" : `#/review/${encodeURIComponent(videoId)}`;
}

export const VIDEOS_LINK = "#/videos";
