/** Files that are dragged over a part of the page and dropped there. */

import { useState } from "preact/hooks";

export interface DropTarget {
  readonly isOver: boolean;
  readonly handlers: {
    readonly onDragOver: (event: DragEvent) => void;
    readonly onDragLeave: (event: DragEvent) => void;
    readonly onDrop: (event: DragEvent) => void;
  };
}

export function useDrop(take: (files: Iterable<File>) => void): DropTarget {
  const [isOver, setOver] = useState(false);
  return {
    isOver,
    handlers: {
      onDragOver: (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault(); // or the browser opens the file itself
        setOver(true);
      },
      onDragLeave: (event) => {
        const into = event.relatedTarget;
        const isInside =
          into instanceof Node && event.currentTarget instanceof Node && event.currentTarget.contains(into);
        if (!isInside) setOver(false);
      },
      onDrop: (event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files ?? []);
      },
    },
  };
}
