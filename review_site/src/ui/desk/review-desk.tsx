/** The desk with clips on it: the queue at the side, the exact player in the middle, decisions below, all by key. */

import { useMemo, useState } from "preact/hooks";
import type { ApiClient } from "../../api/client";
import { currentClip } from "../../domain/queue";
import { Store } from "../../domain/store";
import type { FramePlayer } from "../../player/frame-player";
import type { Notice } from "../../review/notices";
import type { Sitting } from "../../review/sitting";
import { CommandButton } from "../commands/command-button";
import { HelpDialog } from "../commands/help-dialog";
import type { Panels, Seat } from "../commands/seat";
import { useCommandKeys } from "../commands/use-command-keys";
import { useStore } from "../parts/use-store";
import { PlayerPane } from "../viewer/player-pane";
import { ClipList } from "./clip-list";
import { DecisionBar } from "./decision-bar";
import { NoPicture } from "./review-blanks";
import { SensitivityPanel } from "./sensitivity-panel";
import { useFollowing, usePlayables } from "./use-playables";

interface ReviewDeskProps {
  readonly api: ApiClient;
  readonly sitting: Sitting;
}

export function ReviewDesk({ api, sitting }: ReviewDeskProps) {
  const state = useStore(sitting.desk.state);
  const panels = useMemo(() => new Store<Panels>({ cuts: false, help: false }), []);
  const open = useStore(panels);
  const [player, setPlayer] = useState<FramePlayer | null>(null);
  const seat: Seat = { sitting, player, panels };
  useCommandKeys(seat);

  const { queue, videos } = state;
  const playables = usePlayables(sitting, videos);
  const following = useFollowing(queue, playables);
  const clip = currentClip(queue);
  const video = clip && videos.get(clip.video_id);
  const playable = clip && playables.get(clip.video_id);
  return (
    <main class="review">
      <ClipList queue={queue} videos={videos} onSelect={(id) => sitting.desk.select(id)} />
      <div class="desk">
        <DeskHead seat={seat} title={video?.title} notice={state.notice} />
        {open.cuts && video && (
          <SensitivityPanel
            key={video.video_id}
            api={api}
            video={video}
            onBeforeApply={() => sitting.decisions.untilSent()}
            onApplied={(answer) => void sitting.showNewCuts(video.video_id, answer)}
            onClose={() => panels.update({ cuts: false })}
          />
        )}
        {clip && video && playable ? (
          <PlayerPane
            clip={clip}
            video={video}
            playable={playable}
            following={following}
            seat={seat}
            onPlayer={setPlayer}
          />
        ) : (
          <NoPicture />
        )}
        <DecisionBar seat={seat} state={state} />
      </div>
      <HelpDialog isOpen={open.help} onClose={() => panels.update({ help: false })} />
    </main>
  );
}

interface DeskHeadProps {
  readonly seat: Seat;
  readonly title: string | undefined;
  readonly notice: Notice | null;
}

function DeskHead({ seat, title, notice }: DeskHeadProps) {
  return (
    <div class="desk__head">
      <h1 class="desk__title">{title}</h1>
      <p class={`desk__notice desk__notice--${notice?.kind ?? "done"}`} role="status" aria-live="polite">
        {notice?.text}
      </p>
      <CommandButton command="detect" seat={seat} kind="button--quiet" />
      <CommandButton command="help" seat={seat} kind="button--quiet" />
    </div>
  );
}
