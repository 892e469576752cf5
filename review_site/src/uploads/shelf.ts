/**
 * Uploads that were begun and not finished, remembered over a reload: whoever chooses the same file again goes on
 * where it stopped. Only ids are kept; a file that the person does not choose again cannot be read.
 */

import { isRecord } from "../api/json";

const STORAGE_KEY = "heaters.uploads";
const KEPT_AT_MOST = 50;

/** What makes two choices of a file the same one. */
export interface FileFacts {
  readonly name: string;
  readonly size: number;
  readonly lastModified: number;
}

export class UploadShelf {
  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem">,
    private readonly person: string,
  ) {}

  find(file: FileFacts): string | null {
    const id = this.read()[this.nameOf(file)];
    return typeof id === "string" ? id : null;
  }

  keep(file: FileFacts, uploadId: string): void {
    const entries = Object.entries({ ...this.read(), [this.nameOf(file)]: uploadId });
    this.write(Object.fromEntries(entries.slice(-KEPT_AT_MOST)));
  }

  forget(file: FileFacts): void {
    const { [this.nameOf(file)]: _, ...others } = this.read();
    this.write(others);
  }

  private nameOf(file: FileFacts): string {
    return JSON.stringify([this.person, file.name, file.size, file.lastModified]);
  }

  private read(): Readonly<Record<string, unknown>> {
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(STORAGE_KEY) ?? "{}");
      return isRecord(kept) ? kept : {};
    } catch {
      return {};
    }
  }

  private write(kept: Readonly<Record<string, unknown>>): void {
    try {
      this.storage.setItem(STORAGE_KEY, JSON.stringify(kept));
    } catch {
      // A browser that keeps nothing: an upload can then not be resumed after a reload.
    }
  }
}
