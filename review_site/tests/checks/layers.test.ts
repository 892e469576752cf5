import { expect, test } from "vitest";
import { findBreaches, LAYERS } from "../../checks/layers";

const breachesOf = (path: string, ...imports: string[]) => findBreaches([{ path, imports }]);

test.each([
  ["ui/desk/review-desk", "review/sitting"],
  ["ui/desk/review-desk", "ui/desk/clip-list"],
  ["ui/desk/review-desk", "domain/keys"],
  ["review/sitting", "api/client"],
  ["api/client", "domain/clips"],
  ["player/byte-source", "mediabunny"],
  ["ui/parts/blocks", "preact/hooks"],
])("%s may import %s", (path, imported) => {
  expect(breachesOf(path, imported)).toEqual([]);
});

test.each([
  ["domain/keys", "api/client", "api is above domain"],
  ["api/client", "review/sitting", "review is above api"],
  ["review/sitting", "ui/parts/router", "ui/parts is above review"],
  ["uploads/sending", "review/notices", "review is beside uploads"],
  ["ui/videos/video-row", "ui/desk/clip-list", "ui/desk is beside ui/videos"],
  ["domain/keys", "preact", "only main and ui may"],
  ["review/sitting", "mediabunny", "only player may"],
  ["ui/parts/blocks", "lodash", "it is no room and no package that the site knows"],
])("%s may not import %s", (path, imported, why) => {
  expect(breachesOf(path, imported)).toEqual([`${path} must not import ${imported}: ${why}.`]);
});

test("a file in no room is a breach", () => {
  expect(breachesOf("ui/loose")).toEqual(["ui/loose is in no room of checks/layers.ts."]);
});

test("no room is named twice", () => {
  expect(new Set(LAYERS.flat()).size).toBe(LAYERS.flat().length);
});
