/** Finding more or fewer cuts: two settings, a strip of the whole video with what would change, and Apply. */

import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ApiClient } from "../../api/client";
import type { DetectAnswer, VideoDetail } from "../../api/types";
import {
  changesNothing,
  DETECTORS,
  type DetectChoice,
  describeChange,
  describeWhole,
  MOST_SENSITIVE,
  readShortest,
  SHORTEST_S,
  sensitivityOf,
  strokesAt,
  thresholdAt,
} from "../../domain/redetection";
import { Redetection } from "../../review/redetection";
import { Key } from "../parts/blocks";
import { useStore } from "../parts/use-store";

interface SensitivityPanelProps {
  readonly api: Pick<ApiClient, "detect">;
  readonly video: VideoDetail;
  /** Resolves when every decision that was made before is with the server. */
  readonly onBeforeApply: () => Promise<void>;
  readonly onApplied: (answer: DetectAnswer) => void;
  readonly onClose: () => void;
}

export function SensitivityPanel({ api, video, onBeforeApply, onApplied, onClose }: SensitivityPanelProps) {
  const redetection = useMemo(() => new Redetection(api, video.video_id), [api, video.video_id]);
  const { choice, proposal, isAsking, isApplying, problem } = useStore(redetection.state);
  useEffect(() => () => redetection.close(), [redetection]);
  useEffect(() => redetection.look(), [redetection, video]); // another `video` means that it has changed
  const panel = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    panel.current?.querySelector("input")?.focus();
    return () => before instanceof HTMLElement && before.focus();
  }, []);

  const apply = async (event: Event) => {
    event.preventDefault();
    await onBeforeApply();
    const answer = await redetection.apply();
    if (answer) onApplied(answer);
  };
  const isReady = proposal !== null && !isAsking && !isApplying && !changesNothing(proposal);
  return (
    <form
      ref={panel}
      class="sensitivity"
      aria-label="Find more or fewer cuts"
      onSubmit={(event) => void apply(event)}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <Settings choice={choice} onChoose={(chosen) => redetection.choose(chosen)} />
      <Strip proposal={proposal} frameCount={video.frame_count ?? 1} isOld={isAsking} />
      <div class="sensitivity__foot">
        <output class="sensitivity__change" data-asking={isAsking}>
          {problem ?? (proposal ? describeChange(proposal) : "Looking at the video…")}
        </output>
        <p class="sensitivity__whole">{proposal && !problem && describeWhole(proposal)}</p>
        <button type="button" class="button button--quiet" onClick={onClose}>
          Close <Key label="Esc" />
        </button>
        <button type="submit" class="button button--primary" disabled={!isReady}>
          Apply <Key label="Enter" />
        </button>
      </div>
    </form>
  );
}

interface SettingsProps {
  readonly choice: DetectChoice | null;
  readonly onChoose: (choice: DetectChoice) => void;
}

function Settings({ choice, onChoose }: SettingsProps) {
  return (
    <div class="sensitivity__settings">
      <label class="sensitivity__slider">
        <span>Fewer cuts</span>
        <input
          type="range"
          min={0}
          max={MOST_SENSITIVE}
          value={choice ? sensitivityOf(choice.adaptive_threshold) : MOST_SENSITIVE / 2}
          aria-label="Sensitivity"
          aria-disabled={choice === null}
          aria-valuetext={choice ? `Threshold ${choice.adaptive_threshold}` : "Not known yet"}
          onInput={({ currentTarget }) =>
            choice && onChoose({ ...choice, adaptive_threshold: thresholdAt(currentTarget.valueAsNumber) })
          }
        />
        <span>More cuts</span>
        <span class="sensitivity__threshold">{choice?.adaptive_threshold.toFixed(1) ?? "–"}</span>
      </label>
      <label class="sensitivity__detector">
        Found by
        <select
          value={choice?.detector ?? "fused"}
          aria-disabled={choice === null}
          onChange={({ currentTarget }) => {
            const found = DETECTORS.find(([name]) => name === currentTarget.value);
            if (choice && found) onChoose({ ...choice, detector: found[0] });
          }}
        >
          {DETECTORS.map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="sensitivity__shortest">
        Shortest clip
        <input
          type="number"
          class="sensitivity__number"
          {...SHORTEST_S}
          value={choice?.min_scene_len_s ?? ""}
          onInput={({ currentTarget }) => {
            const seconds = readShortest(currentTarget.value);
            if (choice && seconds !== null) onChoose({ ...choice, min_scene_len_s: seconds });
          }}
        />
        s
      </label>
    </div>
  );
}

const STRIP_WIDTH = 1000;

interface StripProps {
  readonly proposal: DetectAnswer | null;
  readonly frameCount: number;
  readonly isOld: boolean;
}

/** The whole video: what stays in any case, cuts that stay, that come and that go. */
function Strip({ proposal, frameCount, isOld }: StripProps) {
  const paths = useMemo(() => {
    const added = new Set(proposal?.added);
    const staying = proposal?.cuts.filter((cut) => !added.has(cut)) ?? [];
    const stroke = (cuts: readonly number[]) => strokesAt(cuts, frameCount, STRIP_WIDTH);
    return {
      staying: stroke(staying),
      removed: stroke(proposal?.removed ?? []),
      added: stroke(proposal?.added ?? []),
    };
  }, [proposal, frameCount]);
  return (
    <svg
      class="sensitivity__strip"
      data-old={isOld}
      viewBox={`0 0 ${STRIP_WIDTH} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {proposal?.kept.map((part) => (
        <rect
          key={part.start_frame}
          class="strip__kept"
          x={(part.start_frame / frameCount) * STRIP_WIDTH}
          width={((part.end_frame - part.start_frame) / frameCount) * STRIP_WIDTH}
          height={1}
        />
      ))}
      <path class="strip__cut" d={paths.staying} />
      <path class="strip__cut strip__cut--removed" d={paths.removed} />
      <path class="strip__cut strip__cut--added" d={paths.added} />
    </svg>
  );
}
