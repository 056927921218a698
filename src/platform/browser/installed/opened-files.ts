/**
 * Files that the system opened with the installed app (the manifest's file handlers), by the browser's launch queue.
 * @module
 */
import { homeLimits } from "#sdk/home-files.ts";
import type { OpenedFile } from "#sdk/installed-app.ts";

/** Files that wait for a shell; of what comes beyond, nothing is read. */
const mostWaiting = 16;

/** The part of a file's handle used here. */
interface OpenedHandle {
  readonly name: string;
  readonly kind?: string;
  getFile?(): Promise<Blob>;
}

/** The Launch Handler API; TypeScript's DOM library does not have it, nor do all browsers. */
interface LaunchQueue {
  setConsumer(consumer: (launch: { readonly files?: readonly OpenedHandle[] }) => void): void;
}

async function contentsOf(handle: OpenedHandle): Promise<Uint8Array | null> {
  try {
    // One byte too many shows that it is too long, without gigabytes in memory.
    const blob = (await handle.getFile?.())?.slice(0, homeLimits.fileBytes + 1);
    return blob === undefined ? null : new Uint8Array(await blob.arrayBuffer());
  } catch {
    return null;
  }
}

/** The files, kept until somebody listens. */
export class OpenedFiles {
  private waiting: OpenedHandle[] = [];
  private listener: ((file: OpenedFile) => void) | null = null;
  private reading: Promise<void> = Promise.resolve();

  constructor(window: object) {
    (window as { readonly launchQueue?: LaunchQueue }).launchQueue?.setConsumer(({ files = [] }) => {
      for (const handle of files) if (this.waiting.length < mostWaiting) this.waiting.push(handle);
      this.pump();
    });
  }

  /** Hears of each file, one after the other. */
  follow(listener: (file: OpenedFile) => void): () => void {
    this.listener = listener;
    this.pump();
    return () => {
      if (this.listener === listener) this.listener = null;
    };
  }

  private pump(): void {
    this.reading = this.reading.then(async () => {
      for (;;) {
        const [handle] = this.waiting;
        if (this.listener === null || handle === undefined) return;
        const file = { name: handle.name, bytes: await contentsOf(handle) };
        // Who listened may have gone while it was read; then it waits for the next.
        const hears = this.listener as ((file: OpenedFile) => void) | null;
        if (hears === null) return;
        this.waiting.shift();
        try {
          hears(file);
        } catch (error) {
          // One file that its listener cannot do with must not keep later ones from it.
          reportError(error);
        }
      }
    });
  }
}
