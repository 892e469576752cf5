/**
 * Whether somebody looks at the page: it can be seen, and was touched in the last ten minutes. A page that nobody looks
 * at asks for nothing, so that the database behind it can sleep. Knows only the events of the page that it is given.
 */

const IDLE_MS = 600_000;
const TOUCHES = ["pointerdown", "pointermove", "wheel", "keydown", "touchstart"] as const;

/** The parts of `document` that tell. */
export type Page = EventTarget & { readonly visibilityState: DocumentVisibilityState };

export class Attention {
  private touchedMs: number;
  private hiding = new AbortController();
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly page: Page,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.touchedMs = nowMs();
    for (const kind of TOUCHES) page.addEventListener(kind, () => this.touch(), { passive: true });
    page.addEventListener("visibilitychange", () => (this.isVisible ? this.touch() : this.hide()));
  }

  get isThere(): boolean {
    return this.isVisible && this.nowMs() - this.touchedMs < IDLE_MS;
  }

  /** Aborted when the page is hidden the next time. */
  get untilHidden(): AbortSignal {
    return this.hiding.signal;
  }

  /** Resolves at once while somebody is there, else when somebody comes back, or at `ended`. */
  async wait(ended: AbortSignal): Promise<void> {
    while (!this.isThere && !ended.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake);
          ended.removeEventListener("abort", wake);
          resolve();
        };
        this.waiting.add(wake);
        ended.addEventListener("abort", wake);
      });
    }
  }

  private get isVisible(): boolean {
    return this.page.visibilityState === "visible";
  }

  private touch(): void {
    this.touchedMs = this.nowMs();
    for (const wake of [...this.waiting]) wake();
  }

  private hide(): void {
    this.hiding.abort();
    this.hiding = new AbortController();
  }
}
