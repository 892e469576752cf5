import { expect, test } from "vitest";
import { FrameCache } from "../../src/player/frame-cache";

class Picture {
  closed = 0;
  close(): void {
    this.closed += 1;
  }
}

test("the least recently used frame leaves and is closed once", () => {
  const cache = new FrameCache<Picture>(2);
  const [one, two, three] = [new Picture(), new Picture(), new Picture()];
  cache.put(1, one);
  cache.put(2, two);
  expect(cache.get(1)).toBe(one);
  cache.put(3, three);
  expect([one.closed, two.closed, three.closed]).toEqual([0, 1, 0]);
  expect(cache.has(2)).toBe(false);
});

test("a frame that comes again replaces and closes the one that was there", () => {
  const cache = new FrameCache<Picture>(2);
  const [old, fresh] = [new Picture(), new Picture()];
  cache.put(1, old);
  cache.put(1, fresh);
  expect([old.closed, fresh.closed, cache.size]).toEqual([1, 0, 1]);
});

test("clearing closes every frame", () => {
  const cache = new FrameCache<Picture>(4);
  const pictures = [new Picture(), new Picture()];
  pictures.forEach((picture, at) => {
    cache.put(at, picture);
  });
  cache.clear();
  expect(pictures.map((picture) => picture.closed)).toEqual([1, 1]);
});
