/**
 * Files that the system opened with the installed app (the manifest's file handlers), by the browser's launch queue, and files
 * that somebody drops on the page, which the browser would otherwise open in its place.
 * @module
 */
import type { ByteSource } from "#sdk/home-files.ts";
import type { OpenedFile } from "#sdk/installed-app.ts";
import { sourceOfBlob } from "../blob-source.ts";

/** Files that wait for a shell; of what comes beyond, nothing is read. */
const mostWaiting = 16;

/** The part of a drag used here. Text that is dragged has no "Files" and goes where it is dropped, as ever. */
type FileDrag = Pick<DragEvent, "preventDefault"> & {
  readonly dataTransfer: Pick<DataTransfer, "types" | "files" | "dropEffect"> | null;
};

const carriesFiles = ({ dataTransfer }: FileDrag): boolean => dataTransfer?.types.includes("Files") === true;

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

async function contentOf(handle: OpenedHandle): Promise<ByteSource | null> {
  try {
    const blob = await handle.getFile?.();
    return blob === undefined ? null : sourceOfBlob(blob);
  } catch {
    return null;
  }
}

/** The files, kept until somebody listens. */
export class OpenedFiles {
  private waiting: OpenedHandle[] = [];
  private listener: ((file: OpenedFile) => void) | null = null;
  private reading: Promise<void> = Promise.resolve();

  constructor(window: Pick<EventTarget, "addEventListener">) {
    (window as { readonly launchQueue?: LaunchQueue }).launchQueue?.setConsumer(({ files = [] }) => this.add(files));
    window.addEventListener("dragover", (event) => {
      const drag = event as unknown as FileDrag;
      if (!carriesFiles(drag) || drag.dataTransfer === null) return;
      drag.preventDefault();
      drag.dataTransfer.dropEffect = "copy";
    });
    window.addEventListener("drop", (event) => {
      const drag = event as unknown as FileDrag;
      if (!carriesFiles(drag)) return;
      drag.preventDefault();
      const files = [...(drag.dataTransfer?.files ?? [])];
      this.add(files.map((file) => ({ name: file.name, getFile: () => Promise.resolve(file) })));
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

  private add(handles: readonly OpenedHandle[]): void {
    for (const handle of handles) if (this.waiting.length < mostWaiting) this.waiting.push(handle);
    this.pump();
  }

  private pump(): void {
    this.reading = this.reading.then(async () => {
      for (;;) {
        const [handle] = this.waiting;
        if (this.listener === null || handle === undefined) return;
        const file = { name: handle.name, content: await contentOf(handle) };
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
