/** The list of keys, straight from the key table. The browser's own dialog keeps the focus and closes on Escape. */

import { useEffect, useRef } from "preact/hooks";
import { chordLabel, KEY_BINDINGS, KEY_GROUPS } from "../../domain/keys";
import { Key } from "../parts/blocks";

export function HelpDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal();
    if (!isOpen) dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose} onKeyDown={closeOnKey}>
      <div class="help__head">
        <h2 class="help__title" id="help-title">
          Keys
        </h2>
        <button type="button" class="button button--quiet" onClick={onClose}>
          Close <Key label="Esc" />
        </button>
      </div>
      <div class="help__groups">
        {KEY_GROUPS.map((group) => (
          <section key={group} class="help__group">
            <h3 class="help__name">{group}</h3>
            <dl class="help__keys">
              {KEY_BINDINGS.filter((binding) => binding.group === group).map((binding) => (
                <div key={binding.command} class="help__row">
                  <dt>{binding.title}</dt>
                  <dd>
                    {binding.chords.map(chordLabel).map((label) => (
                      <Key key={label} label={label} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}

function closeOnKey(event: KeyboardEvent & { readonly currentTarget: HTMLDialogElement }): void {
  if (event.key === "?") event.currentTarget.close();
}
