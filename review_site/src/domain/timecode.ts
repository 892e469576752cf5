/**
 * Frame rates and how a frame is written as time. A rate is a fraction, as everywhere in Heaters; floats appear
 * only where something is drawn or played. Knows no DOM.
 */

export interface Rate {
  readonly numerator: number;
  readonly denominator: number;
}

/** `"24/1"`, `"30000/1001"` or `"25"`; null for anything that is not a positive rate. */
export function parseRate(text: string): Rate | null {
  const match = /^(\d+)(?:\/(\d+))?$/.exec(text.trim());
  if (!match) return null;
  const numerator = Number(match[1]);
  const denominator = Number(match[2] ?? "1");
  return numerator > 0 && denominator > 0 ? { numerator, denominator } : null;
}

/** Frames per second, for drawing and playing only. */
export function framesPerSecond(rate: Rate): number {
  return rate.numerator / rate.denominator;
}

/** The time in seconds at which `frame` begins. */
export function frameToSeconds(frame: number, rate: Rate): number {
  return (frame * rate.denominator) / rate.numerator;
}

/** Non-drop SMPTE timecode `HH:MM:SS:FF`, counted in the nominal whole rate (30 for 30000/1001). */
export function formatTimecode(frame: number, rate: Rate): string {
  const nominal = Math.max(1, Math.round(framesPerSecond(rate)));
  const seconds = Math.floor(frame / nominal);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const width = Math.max(2, String(nominal - 1).length);
  return `${parts.map((part) => pad(part, 2)).join(":")}:${pad(frame % nominal, width)}`;
}

/** A rate for people: `24 fps`, `29.97 fps`. */
export function formatRate(rate: Rate): string {
  return `${Number(framesPerSecond(rate).toFixed(2))} fps`;
}

/** A length for people: `4.2 s`, `1:05 min`, `2:03:10 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${pad(minutes, 2)}:${pad(rest, 2)} h` : `${minutes}:${pad(rest, 2)} min`;
}

/** How long something still takes: rounded as coarsely as the guess is. */
export function formatRemaining(seconds: number): string {
  if (seconds < 5) return "a few seconds left";
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 3570) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${Number((seconds / 3600).toFixed(1))} h left`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
