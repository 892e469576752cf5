/**
 * How the site is laid out, as data, and what breaks it. Never reads a file: it is given what each file imports.
 * A new room goes into LAYERS; a file outside them is a breach.
 */

/** From the top down. A file may import from its own room and from any layer below, never beside or above. */
export const LAYERS: readonly (readonly string[])[] = [
  ["main"],
  ["ui/shell"],
  ["ui/desk", "ui/videos"],
  ["ui/viewer"],
  ["ui/commands"],
  ["ui/parts"],
  ["review", "uploads", "player"],
  ["api"],
  ["domain"],
];

/** Which rooms may know a package; `ui` stands for all of its rooms. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  preact: ["main", "ui"],
  mediabunny: ["player"],
};

/** Lines at most. */
export const MOST = { file: 250, function: 60 };

/** A module: its own path and what it imports, from src on and without endings: "domain/keys". Packages as written. */
export interface Module {
  readonly path: string;
  readonly imports: readonly string[];
}

/** Every import that goes where it may not, as sentences. */
export function findBreaches(modules: readonly Module[]): readonly string[] {
  return modules.flatMap(({ path, imports }) => {
    const room = roomOf(path);
    if (room === null) return [`${path} is in no room of checks/layers.ts.`];
    return imports.flatMap((imported) => {
      const why = whyNot(room, imported);
      return why === null ? [] : [`${path} must not import ${imported}: ${why}.`];
    });
  });
}

function whyNot(room: string, imported: string): string | null {
  const rooms = PACKAGES[imported.split("/")[0] ?? ""];
  if (rooms) return rooms.some((each) => isIn(room, each)) ? null : `only ${rooms.join(" and ")} may`;
  const target = roomOf(imported);
  if (target === null) return "it is no room and no package that the site knows";
  if (target === room || layerOf(target) > layerOf(room)) return null;
  return `${target} is ${layerOf(target) === layerOf(room) ? "beside" : "above"} ${room}`;
}

function roomOf(path: string): string | null {
  return LAYERS.flat().find((room) => isIn(path, room)) ?? null;
}

function isIn(path: string, room: string): boolean {
  return path === room || path.startsWith(`${room}/`);
}

function layerOf(room: string): number {
  return LAYERS.findIndex((layer) => layer.includes(room));
}
