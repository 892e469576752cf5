/**
 * Decisions on their way to the server. Each shows on the desk at once and is sent in the order in which it was made;
 * one that is not kept is put back with a sentence why. Knows no DOM.
 */

import type { ApiClient } from "../api/client";
import { readCurrentClip } from "../api/refusals";
import type { ActionAnswer } from "../api/types";
import { DECIDED_STATE, type Decision, isReviewable } from "../domain/clips";
import {
  confirm,
  decide,
  findClip,
  knownVersion,
  openFirst,
  putBack,
  selectClip,
  undoLast,
} from "../domain/queue";
import type { Desk } from "./desk";
import {
  type Notice,
  sayBusy,
  sayDecided,
  sayNotKept,
  sayNotUndone,
  sayProblem,
  sayReleased,
  sayUndone,
} from "./notices";
import type { Supply } from "./supply";

export class Decisions {
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly api: Pick<ApiClient, "decideClip" | "undo" | "releaseVideo">,
    private readonly desk: Desk,
    private readonly supply: Pick<Supply, "leaseMore" | "showCuts">,
  ) {}

  /** Why the open clip cannot be decided, to be told to whoever asks for it; null where it can. */
  whyNot(): Notice | null {
    const clip = this.desk.openClip;
    return clip && !isReviewable(clip) ? sayBusy(this.desk.nameOf(clip)) : null;
  }

  /** Decide the open clip. What it is decided as already leads to the next one. */
  decide(decision: Decision): void {
    const { desk } = this;
    const clip = desk.openClip;
    if (!clip || !isReviewable(clip)) return;
    if (clip.state === DECIDED_STATE[decision]) {
      desk.setQueue(openFirst(desk.queue));
      return;
    }
    desk.state.update({
      queue: decide(desk.queue, clip.clip_id, decision),
      notice: sayDecided(decision, desk.nameOf(clip)),
    });
    this.send(() => this.sendDecision(clip.clip_id, decision));
    this.supply.leaseMore();
  }

  undo(): void {
    const step = this.desk.queue.steps.at(-1);
    this.desk.setQueue(undoLast(this.desk.queue));
    this.send(() => this.sendUndo(step?.clipId ?? null));
  }

  /** Let the decided clips of these videos go on to processing. */
  async release(videoIds: readonly string[]): Promise<void> {
    const { desk } = this;
    desk.state.update({ releasing: true });
    await this.sending;
    try {
      const answers = await Promise.all(videoIds.map((id) => this.api.releaseVideo(id)));
      desk.say(sayReleased(answers.some((answer) => answer.released)));
    } catch (error) {
      desk.say(sayProblem(error, "Nothing was released. "));
    } finally {
      desk.state.update({ releasing: false });
    }
  }

  /** Every decision that was made so far is with the server, or refused. */
  untilSent(): Promise<void> {
    return this.sending;
  }

  /** One after the other, in the order of the reviewer's keys. */
  private send(request: () => Promise<void>): void {
    this.sending = this.sending.then(request);
  }

  private async sendDecision(clipId: string, decision: Decision): Promise<void> {
    const { desk } = this;
    try {
      const answer = await this.api.decideClip(clipId, decision, knownVersion(desk.queue, clipId));
      desk.setQueue(confirm(desk.queue, clipId, answer.clips));
    } catch (error) {
      const actual = readCurrentClip(error);
      const clip = actual ?? findClip(desk.queue, clipId);
      const name = clip ? desk.nameOf(clip) : "the clip";
      const notice = sayNotKept(decision, name, error, actual?.state ?? null);
      desk.state.update({ queue: putBack(desk.queue, clipId, actual ?? undefined), notice });
    }
  }

  private async sendUndo(clipId: string | null): Promise<void> {
    const { desk } = this;
    try {
      const answer = await this.api.undo();
      const undone = answer.clips.find((clip) => clip.state !== "superseded");
      const queue = confirm(desk.queue, clipId, answer.clips);
      desk.state.update({
        queue: undone ? selectClip(queue, undone.clip_id) : queue,
        notice: sayUndone(undone ? desk.nameOf(undone) : null),
      });
      if (changedCuts(answer)) await this.supply.showCuts(videosOf(answer));
    } catch (error) {
      const queue = clipId === null ? desk.queue : putBack(desk.queue, clipId);
      desk.state.update({ queue, notice: sayNotUndone(error) });
    }
  }
}

/** Whether cuts came or went with an action, and not only states of clips. */
function changedCuts({ clips, clips_left_out: leftOut }: ActionAnswer): boolean {
  return leftOut > 0 || clips.some((clip) => clip.state === "superseded");
}

function videosOf({ clips }: ActionAnswer): readonly string[] {
  return [...new Set(clips.map((clip) => clip.video_id))];
}
