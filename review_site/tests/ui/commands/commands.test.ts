import { expect, test, vi } from "vitest";
import type { ApiClient } from "../../../src/api/client";
import type { Clip, VideoDetail } from "../../../src/api/types";
import { createQueue } from "../../../src/domain/queue";
import { Store } from "../../../src/domain/store";
import { Sitting } from "../../../src/review/sitting";
import { COMMANDS, obey } from "../../../src/ui/commands/commands";
import type { Panels, Seat } from "../../../src/ui/commands/seat";

const never = () => new Promise<never>(() => undefined);

/** A seat at a desk with one clip in `state`, whose server never answers. */
function takeSeat(state: Clip["state"]) {
  const api = { decideClip: vi.fn(never), undo: vi.fn(never), leaseNext: vi.fn(never) };
  const sitting = new Sitting(api as unknown as ApiClient, "v");
  const clip = { clip_id: "a", video_id: "v", start_frame: 48, end_frame: 96, state, version: 1 } as Clip;
  sitting.desk.addVideos([{ video_id: "v", fps: "24/1" } as VideoDetail]);
  sitting.desk.setQueue(createQueue([clip]));
  const player = { toggle: vi.fn(), step: vi.fn(), goTo: vi.fn(), changeSpeed: vi.fn() };
  const panels = new Store<Panels>({ cuts: false, help: false });
  return { api, player, seat: { sitting, player, panels } satisfies Seat };
}

const openState = ({ sitting }: Seat) => sitting.desk.openClip?.state;

test("a decision is sent, and its command is on from then on", async () => {
  const { api, seat } = takeSeat("pending_review");
  expect(COMMANDS.skip.isOn?.(seat)).toBe(false);
  obey("skip", seat);
  expect(openState(seat)).toBe("review_skipped");
  expect(COMMANDS.skip.isOn?.(seat)).toBe(true);
  await vi.waitFor(() => expect(api.decideClip).toHaveBeenCalledWith("a", "skip", 1));
});

test("a clip that a wave has is not decided, and the reviewer is told why", () => {
  const { api, seat } = takeSeat("exporting");
  obey("approve", seat);
  expect(openState(seat)).toBe("exporting");
  expect(seat.sitting.desk.state.value.notice).toEqual({
    kind: "problem",
    text: "clip 00:00:02:00 is being processed and cannot change now.",
  });
  expect(api.decideClip).not.toHaveBeenCalled();
});

test.each(["approve", "skip", "archive"] as const)(
  "%s has a reason not to only where it refuses",
  (command) => {
    expect(COMMANDS[command].whyNot?.(takeSeat("pending_review").seat)).toBeNull();
    expect(COMMANDS[command].whyNot?.(takeSeat("exported").seat)).not.toBeNull();
  },
);

test.each([
  ["forward-10", "step", 10],
  ["back-1", "step", -1],
  ["last-frame", "goTo", "last"],
  ["slower", "changeSpeed", -1],
] as const)("%s asks the player to %s %j", (command, verb, argument) => {
  const { player, seat } = takeSeat("pending_review");
  obey(command, seat);
  expect(player[verb]).toHaveBeenCalledExactlyOnceWith(argument);
});

test("without a picture the player's commands do nothing", () => {
  const { seat } = takeSeat("pending_review");
  expect(() => obey("play", { ...seat, player: null })).not.toThrow();
});

test("the panel of cuts opens and closes by the same key", () => {
  const { seat } = takeSeat("pending_review");
  obey("detect", seat);
  expect(COMMANDS.detect.isOn?.(seat)).toBe(true);
  obey("detect", seat);
  expect(COMMANDS.detect.isOn?.(seat)).toBe(false);
});
