/** The keyboard, as far as a page has it: what is typed into a field or pressed in an open dialog is not for the page. */

import { useEffect, useRef } from "preact/hooks";

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
