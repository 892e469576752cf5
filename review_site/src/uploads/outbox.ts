/** The files that a person gave to the page, sent one after the other, whichever view is open. */

import { Store } from "../domain/store";
import { type Means, Sending } from "./sending";

export class Outbox {
  readonly files = new Store<readonly Sending[]>([]);
  private isBusy = false;

  constructor(private readonly means: Means) {}

  add(files: Iterable<File>): void {
    this.files.set([...this.files.value, ...[...files].map((file) => new Sending(file, this.means))]);
    void this.work();
  }

  /** Try a file that failed once more. */
  retry(sending: Sending): void {
    sending.state.update({ phase: "waiting", problem: null });
    void this.work();
  }

  /** Give a file up, or take it off the list when it is done. */
  remove(sending: Sending): void {
    this.files.set(this.files.value.filter((other) => other !== sending));
    if (sending.state.value.phase !== "done") void sending.cancel();
  }

  /** Stop everything, keeping what was sent. */
  stop(): void {
    for (const sending of this.files.value) sending.stop();
    this.files.set([]);
  }

  /** Whether leaving the page would interrupt something. */
  get isSending(): boolean {
    return this.files.value.some((sending) =>
      ["waiting", "sending", "joining"].includes(sending.state.value.phase),
    );
  }

  private nextWaiting(): Sending | undefined {
    return this.files.value.find((sending) => sending.state.value.phase === "waiting");
  }

  private async work(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    for (let next = this.nextWaiting(); next; next = this.nextWaiting()) await next.run();
    this.isBusy = false;
  }
}

/** Wait, or throw as soon as `signal` says so. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
