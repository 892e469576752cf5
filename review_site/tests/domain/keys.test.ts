import { expect, test } from "vitest";
import { bindingFor, chordLabel, KEY_BINDINGS, type KeyPress, keyLabel } from "../../src/domain/keys";

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...held,
});

test.each([
  ["a", {}, "approve"],
  ["s", {}, "skip"],
  ["x", {}, "archive"],
  ["z", {}, "undo"],
  ["z", { ctrlKey: true }, "undo"],
  ["z", { metaKey: true }, "undo"],
  ["j", {}, "next-clip"],
  ["ArrowDown", {}, "next-clip"],
  ["k", {}, "previous-clip"],
  ["ArrowUp", {}, "previous-clip"],
  ["ArrowRight", {}, "forward-1"],
  ["ArrowRight", { shiftKey: true }, "forward-10"],
  ["ArrowLeft", {}, "back-1"],
  ["ArrowLeft", { shiftKey: true }, "back-10"],
  [" ", {}, "play"],
  ["?", { shiftKey: true }, "help"],
  ["d", {}, "detect"],
  ["?", {}, "help"],
] as const)("%j with %j is %s", (key, held, command) => {
  expect(bindingFor(press(key, held))?.command).toBe(command);
});

test("Caps Lock changes nothing", () => {
  expect(bindingFor(press("A"))?.command).toBe("approve");
});

test.each([
  ["a", { ctrlKey: true }],
  ["s", { metaKey: true }],
  ["x", { altKey: true }],
  ["ArrowLeft", { altKey: true }],
  ["q", {}],
])("%j with %j is left to the browser", (key, held) => {
  expect(bindingFor(press(key, held))).toBeNull();
});

test("no key press gives two commands", () => {
  const chords = KEY_BINDINGS.flatMap(({ chords }) =>
    chords.flatMap(({ key, shift, control = false }) =>
      (shift === null ? [true, false] : [shift]).map((held) => `${key} ${held} ${control}`),
    ),
  );
  expect(new Set(chords).size).toBe(chords.length);
});

test.each([
  ["approve", "A"],
  ["play", "Space"],
  ["next-clip", "J"],
  ["forward-1", "→"],
  ["back-10", "Shift ←"],
  ["last-frame", "End"],
  ["slower", "["],
  ["help", "?"],
] as const)("the button of %s shows %s", (command, label) => {
  expect(keyLabel(command)).toBe(label);
});

test("help shows every key of a command", () => {
  const undo = KEY_BINDINGS.find(({ command }) => command === "undo");
  expect(undo?.chords.map(chordLabel)).toEqual(["Z", "Ctrl Z"]);
});

test("every command has a key to show", () => {
  for (const { command } of KEY_BINDINGS) expect(keyLabel(command)).not.toBe("");
});

test("what moves goes on while its key is held, what decides does not", () => {
  const going = KEY_BINDINGS.filter(({ repeats }) => repeats).map(({ command }) => command);
  expect(going).toEqual(["next-clip", "previous-clip", "forward-1", "back-1", "forward-10", "back-10"]);
});
