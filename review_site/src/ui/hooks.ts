/** The few hooks that the views share: watching a store, the address, the clock, and the keyboard. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Store } from "../review/store";
import { parseRoute, type Route } from "./router";

export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.value);
  useEffect(() => {
    setValue(store.value);
    return store.watch(setValue);
  }, [store]);
  return value;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}

/**
 * Run `task` now and again `pauseMs` after it ended, as long as the page can be seen. `pauseMs` null: not at all.
 * Starts anew when `about` changes.
 */
export function usePolling(
  task: (signal: AbortSignal) => Promise<void>,
  pauseMs: number | null,
  about: unknown = null,
): void {
  const latest = useRef(task);
  latest.current = task;
  useEffect(() => {
    if (pauseMs === null) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async () => {
      clearTimeout(timer);
      if (document.visibilityState === "hidden") return;
      await latest.current(stop.signal).catch(() => undefined); // the task shows its own failures
      if (!stop.signal.aborted) timer = setTimeout(round, pauseMs);
    };
    void round();
    document.addEventListener("visibilitychange", round, { signal: stop.signal });
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [pauseMs, about]);
}

/** Key presses anywhere on the page, except where somebody types. */
export function useKeyPress(handle: (event: KeyboardEvent) => void): void {
  const latest = useRef(handle);
  latest.current = handle;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!isTyping(event.target)) latest.current(event);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, dialog[open]") !== null;
}
