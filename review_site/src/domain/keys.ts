/**
 * Every key of the review page, as one table: a command, its title, and the keys that give it. The page's handler, its
 * buttons and its help read it; what a command does is the other table, in ui/commands. Knows no DOM; a key press is
 * any object shaped like one.
 */

/** One way to give a command. `key` is compared without regard to case; `shift` null means that it does not matter. */
export interface Chord {
  readonly key: string;
  readonly shift: boolean | null;
  readonly control?: boolean;
}

export const KEY_GROUPS = ["Decide", "Move", "Look", "Page"] as const;

interface KeyRow {
  readonly command: string;
  readonly title: string;
  readonly group: (typeof KEY_GROUPS)[number];
  /** The first of them stands on the command's button. */
  readonly chords: readonly Chord[];
  /** Goes on while the key is held down. */
  readonly repeats?: true;
}

const plain = (key: string): Chord => ({ key, shift: false });
const shifted = (key: string): Chord => ({ key, shift: true });
const control = (key: string): Chord => ({ key, shift: false, control: true });
const sign = (key: string): Chord => ({ key, shift: null });

const TABLE = [
  { command: "approve", title: "Approve", group: "Decide", chords: [plain("a")] },
  { command: "skip", title: "Skip", group: "Decide", chords: [plain("s")] },
  { command: "archive", title: "Archive", group: "Decide", chords: [plain("x")] },
  {
    command: "undo",
    title: "Undo your last decision",
    group: "Decide",
    chords: [plain("z"), control("z")],
  },
  {
    command: "next-clip",
    title: "Next clip",
    group: "Move",
    chords: [plain("j"), plain("ArrowDown")],
    repeats: true,
  },
  {
    command: "previous-clip",
    title: "Previous clip",
    group: "Move",
    chords: [plain("k"), plain("ArrowUp")],
    repeats: true,
  },
  { command: "play", title: "Play or pause", group: "Look", chords: [plain(" ")] },
  {
    command: "forward-1",
    title: "One frame on",
    group: "Look",
    chords: [plain("ArrowRight")],
    repeats: true,
  },
  {
    command: "back-1",
    title: "One frame back",
    group: "Look",
    chords: [plain("ArrowLeft")],
    repeats: true,
  },
  {
    command: "forward-10",
    title: "Ten frames on",
    group: "Look",
    chords: [shifted("ArrowRight")],
    repeats: true,
  },
  {
    command: "back-10",
    title: "Ten frames back",
    group: "Look",
    chords: [shifted("ArrowLeft")],
    repeats: true,
  },
  { command: "first-frame", title: "First frame", group: "Look", chords: [plain("Home")] },
  { command: "last-frame", title: "Last frame", group: "Look", chords: [plain("End")] },
  { command: "slower", title: "Slower", group: "Look", chords: [sign("[")] },
  { command: "faster", title: "Faster", group: "Look", chords: [sign("]")] },
  {
    command: "detect",
    title: "Find more or fewer cuts",
    group: "Page",
    chords: [plain("d")],
  },
  { command: "help", title: "This list of keys", group: "Page", chords: [sign("?")] },
] as const satisfies readonly KeyRow[];

export type Command = (typeof TABLE)[number]["command"];

export interface KeyBinding extends KeyRow {
  readonly command: Command;
}

export const KEY_BINDINGS: readonly KeyBinding[] = TABLE;

export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** The row that a key press asks for, or null. Caps Lock changes nothing; Alt is left to the browser. */
export function bindingFor(press: KeyPress): KeyBinding | null {
  if (press.altKey) return null;
  return KEY_BINDINGS.find(({ chords }) => chords.some((chord) => isPressed(chord, press))) ?? null;
}

function isPressed(chord: Chord, press: KeyPress): boolean {
  return (
    chord.key.toLowerCase() === press.key.toLowerCase() &&
    (chord.shift === null || chord.shift === press.shiftKey) &&
    (chord.control ?? false) === (press.ctrlKey || press.metaKey)
  );
}

/** What help and buttons call a command. */
export function titleOf(command: Command): string {
  return bindingOf(command)?.title ?? command;
}

/** The first key of a command, for the face of its button. */
export function keyLabel(command: Command): string {
  const chord = bindingOf(command)?.chords[0];
  return chord ? chordLabel(chord) : "";
}

const NAMES: Readonly<Record<string, string>> = {
  " ": "Space",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
};

/** A chord as people read it: `Shift →`. */
export function chordLabel({ key, shift, control }: Chord): string {
  const name = NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  return (control ? "Ctrl " : "") + (shift ? "Shift " : "") + name;
}

function bindingOf(command: Command): KeyBinding | undefined {
  return KEY_BINDINGS.find((row) => row.command === command);
}
