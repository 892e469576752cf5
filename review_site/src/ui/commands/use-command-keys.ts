/** The keys of the key table, obeyed wherever on the page they are pressed. */

import { bindingFor } from "../../domain/keys";
import { useKeyPress } from "../parts/use-key-press";
import { obey } from "./commands";
import type { Seat } from "./seat";

export function useCommandKeys(seat: Seat): void {
  useKeyPress((event) => {
    const binding = bindingFor(event);
    if (!binding || pressesButton(event)) return;
    event.preventDefault();
    if (!event.repeat || binding.repeats) obey(binding.command, seat);
  });
}

/** The space bar belongs to the button that has the focus. */
function pressesButton(event: KeyboardEvent): boolean {
  return event.key === " " && event.target instanceof HTMLButtonElement;
}
