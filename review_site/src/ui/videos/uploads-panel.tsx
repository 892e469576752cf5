/** The files on their way: how far each is, what went wrong, and what to do about it. */

import { countSentBytes, formatBytes } from "../../domain/uploads";
import type { Outbox } from "../../uploads/outbox";
import type { Phase, Sending } from "../../uploads/sending";
import { TryAgain } from "../parts/blocks";
import { useStore } from "../parts/use-store";

const WORDS: Readonly<Record<Phase, string>> = {
  waiting: "Waits for the file before",
  sending: "Uploading",
  joining: "Finishing",
  done: "Uploaded",
  failed: "Not uploaded",
  cancelled: "Cancelled",
};

/** Opens the system's file dialog. */
export function UploadButton({ outbox }: { outbox: Outbox }) {
  return (
    <label class="button button--primary upload-button">
      Upload videos
      <input
        type="file"
        class="unseen"
        multiple
        onChange={(event) => {
          const input = event.currentTarget;
          outbox.add(input.files ?? []);
          input.value = ""; // or choosing the same file again says nothing
        }}
      />
    </label>
  );
}

export function UploadsPanel({ outbox }: { outbox: Outbox }) {
  const files = useStore(outbox.files);
  if (files.length === 0) return null;
  return (
    <section class="uploads" aria-label="Uploads">
      <ul class="uploads__list">
        {files.map((sending) => (
          <UploadRow key={sending.id} sending={sending} outbox={outbox} />
        ))}
      </ul>
    </section>
  );
}

function UploadRow({ sending, outbox }: { sending: Sending; outbox: Outbox }) {
  const { phase, parts, problem } = useStore(sending.state);
  const { name, size } = sending.file;
  return (
    <li class="upload" data-phase={phase}>
      <p class="upload__name" title={name}>
        {name}
      </p>
      {problem === null ? (
        <Work name={name} phase={phase} size={size} sent={countSentBytes(parts)} />
      ) : (
        <p class="upload__problem" role="alert">
          {problem}
        </p>
      )}
      <div class="upload__actions">
        {phase === "failed" && <TryAgain onTry={() => outbox.retry(sending)} />}
        <button type="button" class="button" onClick={() => outbox.remove(sending)}>
          {phase === "done" ? "Dismiss" : "Cancel"}
        </button>
      </div>
    </li>
  );
}

interface WorkProps {
  readonly name: string;
  readonly phase: Phase;
  readonly size: number;
  readonly sent: number;
}

/** While the storage joins the parts nothing tells how far it is. */
function Work({ name, phase, size, sent }: WorkProps) {
  const isDone = phase === "done";
  const value = phase === "joining" ? undefined : isDone ? size : sent;
  return (
    <div class="upload__work">
      <progress class="progress" aria-label={`${WORDS[phase]}: ${name}`} max={size} value={value} />
      <p class="progress__text" role="status">
        <span>{WORDS[phase]}</span>
        <span>{isDone ? formatBytes(size) : `${formatBytes(sent)} of ${formatBytes(size)}`}</span>
      </p>
    </div>
  );
}
