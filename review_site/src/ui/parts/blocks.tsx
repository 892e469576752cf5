/** Small parts that every view is made of: state marks, keys, and what stands in for content that is not there. */

import type { ComponentChildren } from "preact";
import type { Words } from "../../domain/words";

/** A state as a coloured mark with its word; colour never stands alone. */
export function StateMark({ words }: { words: Words }) {
  return (
    <span class={`mark mark--${words.tone}`}>
      <span class="mark__dot" aria-hidden="true" />
      {words.label}
    </span>
  );
}

export function Key({ label }: { label: string }) {
  return <kbd class="key">{label}</kbd>;
}

interface BlankProps {
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
  readonly tone?: "plain" | "problem";
}

/** What a view says when there is nothing to show, or when it could not be had. */
export function Blank({ title, children, action, tone = "plain" }: BlankProps) {
  return (
    <div class={`blank blank--${tone}`} role={tone === "problem" ? "alert" : undefined}>
      <h2 class="blank__title">{title}</h2>
      {children && <p class="blank__text">{children}</p>}
      {action && <div class="blank__action">{action}</div>}
    </div>
  );
}

/** The next step after most of what can go wrong. */
export function TryAgain({ onTry }: { onTry: () => void }) {
  return (
    <button type="button" class="button button--primary" onClick={onTry}>
      Try again
    </button>
  );
}

/** Grey shapes of the size of what is coming, so that nothing moves when it is there. */
export function Skeleton({ rows, kind }: { rows: number; kind: "video" | "clip" }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} class={`skeleton__row skeleton__row--${kind}`} aria-hidden="true" />
      ))}
    </div>
  );
}
