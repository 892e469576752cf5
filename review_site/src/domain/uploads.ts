/**
 * A file on its way as a value: which parts there are, which are under way, which to send next. Each function returns
 * a new value; nothing here reads, sends or waits.
 */

export const PARTS_AT_ONCE = 3;
/** So often a part is tried before a person is asked. */
export const TRIES = 5;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export type PartState = "waiting" | "sending" | "sent";

/** Bytes `start <= b < end` of the file. `failures` counts the tries that failed. */
export interface Part {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly state: PartState;
  readonly sentBytes: number;
  readonly failures: number;
  readonly etag: string | null;
}

export type Parts = readonly Part[];

/** What the server has already. */
export interface PresentPart {
  readonly part_number: number;
  readonly etag: string;
  readonly size_bytes: number;
}

/** The parts of a file, those that are there in full already being sent. */
export function cutParts(
  sizeBytes: number,
  partSizeBytes: number,
  present: readonly PresentPart[] = [],
): Parts {
  const known = new Map(present.map((part) => [part.part_number, part]));
  return Array.from({ length: Math.ceil(sizeBytes / partSizeBytes) }, (_, at): Part => {
    const [start, end] = [at * partSizeBytes, Math.min((at + 1) * partSizeBytes, sizeBytes)];
    const there = known.get(at + 1);
    const isThere = there !== undefined && there.size_bytes === end - start;
    return {
      number: at + 1,
      start,
      end,
      state: isThere ? "sent" : "waiting",
      sentBytes: isThere ? end - start : 0,
      failures: 0,
      etag: isThere ? there.etag : null,
    };
  });
}

/** The parts to begin with now: those that wait, in order, as many as may be under way. None once one has failed for good. */
export function nextParts(parts: Parts): Parts {
  if (failedPart(parts)) return [];
  const underWay = parts.filter((part) => part.state === "sending").length;
  return parts.filter((part) => part.state === "waiting").slice(0, Math.max(PARTS_AT_ONCE - underWay, 0));
}

export function beginPart(parts: Parts, number: number): Parts {
  return change(parts, number, () => ({ state: "sending", sentBytes: 0 }));
}

/** `sentBytes` of the part have left; never more than it has. */
export function advancePart(parts: Parts, number: number, sentBytes: number): Parts {
  return change(parts, number, (part) =>
    part.state === "sending" ? { sentBytes: Math.min(sentBytes, part.end - part.start) } : {},
  );
}

export function finishPart(parts: Parts, number: number, etag: string): Parts {
  return change(parts, number, (part) => ({ state: "sent", sentBytes: part.end - part.start, etag }));
}

/** The try failed: the part waits again. */
export function failPart(parts: Parts, number: number): Parts {
  return change(parts, number, (part) => ({
    state: "waiting",
    sentBytes: 0,
    failures: part.failures + 1,
  }));
}

/** The part that was tried often enough. */
export function failedPart(parts: Parts): Part | null {
  return parts.find((part) => part.failures >= TRIES) ?? null;
}

export function isSent(parts: Parts): boolean {
  return parts.every((part) => part.state === "sent");
}

export function countSentBytes(parts: Parts): number {
  return parts.reduce((sum, part) => sum + part.sentBytes, 0);
}

/** What the server is told to join. */
export function listEtags(parts: Parts): { part_number: number; etag: string }[] {
  return parts.flatMap((part) => (part.etag === null ? [] : [{ part_number: part.number, etag: part.etag }]));
}

/** How long to wait before the try after `failures` failed ones. */
export function pauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.max(failures - 1, 0), LONGEST_PAUSE_MS);
}

const UNITS = ["bytes", "KB", "MB", "GB", "TB"] as const;

/** `4.1 MB`, as file managers count: by thousands. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

function change(parts: Parts, number: number, by: (part: Part) => Partial<Part>): Parts {
  return parts.map((part) => (part.number === number ? { ...part, ...by(part) } : part));
}
