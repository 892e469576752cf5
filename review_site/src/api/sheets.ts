/**
 * Storyboard sheets as object URLs, each fetched once. Signed URLs run out and change; the object they name does
 * not, so sheets are kept by the URL without its signature.
 */

import { fetchBlob } from "./http";

const sheets = new Map<string, Promise<string>>();

/** An object URL of the sheet, good for as long as the page. A sheet that failed is tried again when next asked. */
export function loadSheet(signedUrl: string): Promise<string> {
  const key = signedUrl.split("?")[0] ?? signedUrl;
  const known = sheets.get(key);
  if (known) return known;
  const loading = fetchBlob(signedUrl).then((blob) => URL.createObjectURL(blob));
  loading.catch(() => sheets.delete(key));
  sheets.set(key, loading);
  return loading;
}
