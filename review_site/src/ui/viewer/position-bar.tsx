/** The clip from its first to its last frame, with the frame on show marked; drag to look through it. */

import { useRef } from "preact/hooks";
import { type FrameRange, fractionOf, frameAt } from "../../domain/timeline";

interface PositionBarProps {
  readonly range: FrameRange;
  readonly frame: number;
  readonly valueText: string;
  readonly onSeek: (frame: number) => void;
}

type BarEvent = PointerEvent & { readonly currentTarget: HTMLDivElement };

export function PositionBar({ range, frame, valueText, onSeek }: PositionBarProps) {
  const dragging = useRef(false);
  const follow = (event: BarEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    onSeek(frameAt((event.clientX - box.left) / box.width, range));
  };
  const start = (event: BarEvent) => {
    if (event.button !== 0) return;
    dragging.current = true;
    event.currentTarget.setPointerCapture(event.pointerId);
    follow(event);
  };
  const end = () => {
    dragging.current = false;
  };
  const place = `${fractionOf(frame, range) * 100}%`;
  return (
    <div
      class="position"
      role="slider"
      tabIndex={0}
      aria-label="Frame"
      aria-valuemin={range.start}
      aria-valuemax={range.end - 1}
      aria-valuenow={frame}
      aria-valuetext={valueText}
      onPointerDown={start}
      onPointerMove={(event) => dragging.current && follow(event)}
      onPointerUp={end}
      onPointerCancel={end}
    >
      <div class="position__track">
        <div class="position__past" style={{ width: place }} />
        <div class="position__head" style={{ left: place }} />
      </div>
    </div>
  );
}
