/**
 * Every key of the review page, as one table: the page's handler and its help both read it. Knows no DOM; a key
 * press is any object shaped like one.
 */

export type Command =
  | "approve"
  | "skip"
  | "archive"
  | "undo"
  | "next-clip"
  | "previous-clip"
  | "play"
  | "forward-1"
  | "back-1"
  | "forward-10"
  | "back-10"
  | "first-frame"
  | "last-frame"
  | "faster"
  | "slower"
  | "detect"
  | "help";

/** One way to give a command. `key` is compared without regard to case; `shift` null means that it does not matter. */
interface Chord {
  readonly key: string;
  readonly shift: boolean | null;
  readonly control?: boolean;
}

export interface KeyBinding {
  readonly command: Command;
  readonly title: string;
  readonly group: "Decide" | "Move" | "Look" | "Page";
  readonly chords: readonly Chord[];
  /** The chords as people read them. */
  readonly labels: readonly string[];
}

export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

const letter = (key: string): Chord => ({ key, shift: false });
const plain = (key: string): Chord => ({ key, shift: false });
const shifted = (key: string): Chord => ({ key, shift: true });
const sign = (key: string): Chord => ({ key, shift: null });

export const KEY_BINDINGS: readonly KeyBinding[] = [
  { command: "approve", title: "Approve", group: "Decide", chords: [letter("a")], labels: ["A"] },
  { command: "skip", title: "Skip", group: "Decide", chords: [letter("s")], labels: ["S"] },
  { command: "archive", title: "Archive", group: "Decide", chords: [letter("x")], labels: ["X"] },
  {
    command: "undo",
    title: "Undo your last decision",
    group: "Decide",
    chords: [letter("z"), { key: "z", shift: false, control: true }],
    labels: ["Z", "Ctrl Z"],
  },
  {
    command: "next-clip",
    title: "Next clip",
    group: "Move",
    chords: [letter("j"), plain("ArrowDown")],
    labels: ["J", "↓"],
  },
  {
    command: "previous-clip",
    title: "Previous clip",
    group: "Move",
    chords: [letter("k"), plain("ArrowUp")],
    labels: ["K", "↑"],
  },
  { command: "play", title: "Play or pause", group: "Look", chords: [plain(" ")], labels: ["Space"] },
  {
    command: "forward-1",
    title: "One frame on",
    group: "Look",
    chords: [plain("ArrowRight")],
    labels: ["→"],
  },
  { command: "back-1", title: "One frame back", group: "Look", chords: [plain("ArrowLeft")], labels: ["←"] },
  {
    command: "forward-10",
    title: "Ten frames on",
    group: "Look",
    chords: [shifted("ArrowRight")],
    labels: ["Shift →"],
  },
  {
    command: "back-10",
    title: "Ten frames back",
    group: "Look",
    chords: [shifted("ArrowLeft")],
    labels: ["Shift ←"],
  },
  { command: "first-frame", title: "First frame", group: "Look", chords: [plain("Home")], labels: ["Home"] },
  { command: "last-frame", title: "Last frame", group: "Look", chords: [plain("End")], labels: ["End"] },
  { command: "slower", title: "Slower", group: "Look", chords: [sign("[")], labels: ["["] },
  { command: "faster", title: "Faster", group: "Look", chords: [sign("]")], labels: ["]"] },
  {
    command: "detect",
    title: "Find more or fewer cuts",
    group: "Page",
    chords: [letter("d")],
    labels: ["D"],
  },
  { command: "help", title: "This list of keys", group: "Page", chords: [sign("?")], labels: ["?"] },
];

/** The command that a key press gives, or null. Caps Lock changes nothing; Alt is left to the browser. */
export function commandOf(press: KeyPress): Command | null {
  if (press.altKey) return null;
  const control = press.ctrlKey || press.metaKey;
  const binding = KEY_BINDINGS.find(({ chords }) =>
    chords.some(
      (chord) =>
        chord.key.toLowerCase() === press.key.toLowerCase() &&
        (chord.shift === null || chord.shift === press.shiftKey) &&
        (chord.control ?? false) === control,
    ),
  );
  return binding?.command ?? null;
}

/** The first key of a command, for the face of its button. */
export function keyLabel(command: Command): string {
  return KEY_BINDINGS.find((binding) => binding.command === command)?.labels[0] ?? "";
}
