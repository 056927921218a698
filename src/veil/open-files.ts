/**
 * Files that a guest of the world `aether:os` has open: numbers in, outcomes out. A number that was never given, or that
 * was closed, is an error for the guest and nothing else.
 * @module
 */
import { done, type FileOutcome, failed } from "./file-outcome.ts";
import type { File, FileSystem, OpenRule } from "./file-system.ts";

/** At one time; programs are told `too-many` beyond it. */
const mostOpenFiles = 256;

/** What each mode of the WIT's enum does, by its number there. */
const modes: readonly (OpenRule & { readonly writable: boolean })[] = [
  { writable: false },
  { writable: true },
  { writable: true, create: true },
  { writable: true, create: true, truncate: true },
  { writable: true, create: true, exclusive: true },
];

/** How many modes there are: a greater number is a guest's mistake. */
export const modeCount = modes.length;

interface OpenFile {
  readonly file: File;
  readonly writable: boolean;
}

/** The open files of one run. */
export class OpenFiles {
  readonly system: FileSystem;
  private readonly open: (OpenFile | undefined)[] = [];

  constructor(system: FileSystem) {
    this.system = system;
  }

  /** Opens a file under the lowest free number. */
  openFile(path: string, mode: number): FileOutcome<number> {
    let handle = this.open.indexOf(undefined);
    if (handle < 0) handle = this.open.length;
    if (handle === mostOpenFiles) return failed("too-many");
    const { writable, ...rule } = modes[mode] as (typeof modes)[number];
    const file = this.system.open(path, rule);
    if (!file.ok) return file;
    this.open[handle] = { file: file.value, writable };
    return done(handle);
  }

  /** Forgets a number. */
  close(handle: number): FileOutcome<void> {
    if (this.open[handle] === undefined) return failed("bad-handle");
    this.open[handle] = undefined;
    return done(undefined);
  }

  /** The file of a number. */
  file(handle: number): FileOutcome<File> {
    const found = this.open[handle];
    if (found === undefined) return failed("bad-handle");
    return found.file.removed ? failed("not-found") : done(found.file);
  }

  /** The same if it may be changed. */
  writable(handle: number): FileOutcome<File> {
    return this.open[handle]?.writable === false ? failed("not-writable") : this.file(handle);
  }
}
