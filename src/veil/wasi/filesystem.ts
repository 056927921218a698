/**
 * `wasi:filesystem` over the run's private file system. A folder's handle is its path: after the folder was renamed it
 * means what is at the path then. Files have no times and no links: times are the run's, links are refused.
 * @module
 */

import { hostCosts, pathCost } from "#protocol/veil/host-costs.ts";
import type { FileError, FileOutcome } from "../file-outcome.ts";
import { type Entry, type File, namesOf } from "../file-system.ts";
import { Resource } from "./resources.ts";
import { InputStream, OutputStream, type Sink, type StreamContext } from "./streams.ts";
import { chargeBytes, wasiLimits } from "./system.ts";

/** Cases of `error-code` by the file system's own words. */
const errorCodes: Readonly<Record<FileError, string>> = {
  "bad-path": "invalid",
  "not-found": "no-entry",
  exists: "exist",
  "not-a-folder": "not-directory",
  "is-a-folder": "is-directory",
  "not-empty": "not-empty",
  "bad-handle": "bad-descriptor",
  "not-writable": "bad-descriptor",
  "too-many": "insufficient-space",
  "no-space": "insufficient-space",
};

/** The value, or the error as the glue expects it. */
function obtained<T>(outcome: FileOutcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw errorCodes[outcome.error];
}

/** `descriptor-flags`, those that matter here. */
interface AccessFlags {
  readonly read?: boolean;
  readonly write?: boolean;
}

interface OpenFlags {
  readonly create?: boolean;
  readonly directory?: boolean;
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
}

interface Stat {
  readonly type: string;
  readonly linkCount: bigint;
  readonly size: bigint;
  readonly dataAccessTimestamp: Datetime;
  readonly dataModificationTimestamp: Datetime;
  readonly statusChangeTimestamp: Datetime;
}

/** `datetime` of `wasi:clocks/wall-clock`. */
export interface Datetime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** What the descriptors of a run share. */
export interface FileContext extends StreamContext {
  readonly time: Datetime;
  readonly identities: Identities;
}

/** Numbers for files and folders in the order in which somebody asked: what programs know as inode numbers. */
export class Identities {
  private readonly known = new WeakMap<Entry, bigint>();
  private next = 1n;

  /** The number of an entry. */
  of(entry: Entry): bigint {
    let identity = this.known.get(entry);
    if (identity === undefined) {
      identity = this.next++;
      this.known.set(entry, identity);
    }
    return identity;
  }
}

function typeOf(entry: Entry): string {
  return entry.kind === "file" ? "regular-file" : "directory";
}

/** Offsets beyond all files are all the same. */
function offsetOf(offset: bigint): number {
  return Number(offset > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : offset);
}

/** What a handle is of. */
type Target = { readonly path: string } | { readonly file: File; readonly flags: AccessFlags };

/** An open file or folder. */
export class Descriptor extends Resource {
  private readonly context: FileContext;
  private readonly target: Target;

  constructor(context: FileContext, target: Target) {
    super(context.system, context.handles);
    this.context = context;
    this.target = target;
  }

  private get files() {
    return this.system.files;
  }

  private file(access: "read" | "write" | undefined): File {
    if (!("file" in this.target)) throw "is-directory";
    if (access !== undefined && this.target.flags[access] !== true) throw "bad-descriptor";
    return this.target.file;
  }

  private entry(): Entry {
    return "file" in this.target ? this.target.file : obtained(this.files.find(this.followed(this.target.path)));
  }

  /** The path itself, paid for. */
  private followed(path: string): string {
    this.system.charge(pathCost(path.length));
    return path;
  }

  /** The path from the root of a path below this folder. */
  private below(path: string): string {
    this.followed(path);
    if ("file" in this.target) throw "not-directory";
    this.followed(this.target.path);
    if (path === "") throw "no-entry";
    if (path.startsWith("/")) throw "not-permitted";
    const names = namesOf(path);
    if (!names.ok) throw path.includes("..") ? "not-permitted" : "name-too-long";
    return [this.target.path, ...names.value].join("/");
  }

  openAt(_pathFlags: object, path: string, openFlags: OpenFlags, flags: AccessFlags): Descriptor {
    const full = this.below(path);
    const found = this.files.find(full);
    if (openFlags.directory || (found.ok && found.value.kind === "folder")) {
      if (openFlags.create && openFlags.exclusive && found.ok) throw "exist";
      if (obtained(found).kind === "file") throw "not-directory";
      if (flags.write || openFlags.truncate) throw "is-directory";
      return new Descriptor(this.context, { path: full });
    }
    if (openFlags.truncate && !flags.write) throw "invalid";
    const { create = false, exclusive = false, truncate = false } = openFlags;
    const file = obtained(this.files.open(full, { create, exclusive, truncate }));
    return new Descriptor(this.context, { file, flags: { read: flags.read ?? false, write: flags.write ?? false } });
  }

  readViaStream(offset: bigint): InputStream {
    const file = this.file("read");
    let at = offsetOf(offset);
    return new InputStream(this.context, (most) => {
      const read = this.files.read(file, at, most);
      const bytes = read.ok ? read.value : new Uint8Array(0);
      at += bytes.length;
      return bytes;
    });
  }

  writeViaStream(offset: bigint): OutputStream {
    const file = this.file("write");
    let at = offsetOf(offset);
    return new OutputStream(
      this.context,
      this.sinkOf(file, (length) => {
        at += length;
        return at - length;
      }),
    );
  }

  appendViaStream(): OutputStream {
    const file = this.file("write");
    return new OutputStream(
      this.context,
      this.sinkOf(file, () => file.size),
    );
  }

  private sinkOf(file: File, place: (length: number) => number): Sink {
    return (bytes) => {
      const outcome = this.writeTo(file, place(bytes.length), bytes);
      return outcome.ok ? undefined : errorCodes[outcome.error];
    };
  }

  private writeTo(file: File, offset: number, bytes: Uint8Array): FileOutcome<void> {
    this.system.charge(this.files.growth(file, offset + bytes.length) * hostCosts.fileByte);
    return this.files.write(file, offset, bytes);
  }

  read(length: bigint, offset: bigint): [Uint8Array, boolean] {
    const file = this.file("read");
    const most = length < BigInt(wasiLimits.transferBytes) ? Number(length) : wasiLimits.transferBytes;
    const bytes = obtained(this.files.read(file, offsetOf(offset), most));
    // A view yet: the glue copies it.
    chargeBytes(this.system, bytes.length);
    return [bytes, offsetOf(offset) + bytes.length >= file.size];
  }

  /** The glue had the bytes paid for before it copied them. */
  write(bytes: Uint8Array, offset: bigint): bigint {
    const file = this.file("write");
    obtained(this.writeTo(file, offsetOf(offset), bytes));
    return BigInt(bytes.length);
  }

  setSize(size: bigint): void {
    const file = this.file("write");
    this.system.charge(this.files.growth(file, offsetOf(size)) * hostCosts.fileByte);
    obtained(this.files.resize(file, offsetOf(size)));
  }

  getFlags(): object {
    return "file" in this.target ? this.target.flags : { read: true, mutateDirectory: true };
  }

  getType(): string {
    return typeOf(this.entry());
  }

  stat(): Stat {
    return this.statOf(this.entry());
  }

  statAt(_pathFlags: object, path: string): Stat {
    return this.statOf(obtained(this.files.find(this.below(path))));
  }

  private statOf(entry: Entry): Stat {
    const { time } = this.context;
    return {
      type: typeOf(entry),
      linkCount: 1n,
      size: BigInt(entry.kind === "file" ? entry.size : 0),
      dataAccessTimestamp: time,
      dataModificationTimestamp: time,
      statusChangeTimestamp: time,
    };
  }

  readDirectory(): DirectoryEntryStream {
    if ("file" in this.target) throw "not-directory";
    const { path } = this.target;
    const folder = obtained(this.files.find(this.followed(path)));
    if (folder.kind === "folder") this.system.charge(folder.entries.size * hostCosts.entry);
    return new DirectoryEntryStream(this.context, obtained(this.files.list(path)));
  }

  createDirectoryAt(path: string): void {
    obtained(this.files.makeFolder(this.below(path)));
  }

  removeDirectoryAt(path: string): void {
    const full = this.below(path);
    if (obtained(this.files.find(full)).kind === "file") throw "not-directory";
    obtained(this.files.remove(full));
  }

  unlinkFileAt(path: string): void {
    const full = this.below(path);
    if (obtained(this.files.find(full)).kind === "folder") throw "is-directory";
    obtained(this.files.remove(full));
  }

  renameAt(oldPath: string, newParent: Descriptor, newPath: string): void {
    const from = this.below(oldPath);
    if (obtained(this.files.find(from)).kind === "folder") this.system.charge(hostCosts.moveFolder);
    obtained(this.files.rename(from, newParent.below(newPath)));
  }

  /** A folder that is not there any more is the same as nothing; this function has no error to say so. */
  isSameObject(other: Descriptor): boolean {
    const [one, two] = [this.found(), other.found()];
    return one !== undefined && one === two;
  }

  private found(): Entry | undefined {
    if ("file" in this.target) return this.target.file;
    const found = this.files.find(this.followed(this.target.path));
    return found.ok ? found.value : undefined;
  }

  metadataHash(): { lower: bigint; upper: bigint } {
    return { lower: this.context.identities.of(this.entry()), upper: 0n };
  }

  metadataHashAt(_pathFlags: object, path: string): { lower: bigint; upper: bigint } {
    return { lower: this.context.identities.of(obtained(this.files.find(this.below(path)))), upper: 0n };
  }

  /** Links are not supported, so nothing at a path is one. */
  readlinkAt(path: string): string {
    obtained(this.files.find(this.below(path)));
    throw "invalid";
  }

  linkAt(_pathFlags: object, oldPath: string, _newParent: Descriptor, newPath: string): void {
    this.refuseLink(oldPath, newPath);
  }

  symlinkAt(oldPath: string, newPath: string): void {
    this.refuseLink(oldPath, newPath);
  }

  /** The glue has decoded both paths. */
  private refuseLink(oldPath: string, newPath: string): never {
    this.followed(oldPath);
    this.followed(newPath);
    throw "unsupported";
  }

  /** Times are the run's and stay so. */
  setTimes(): void {
    this.entry();
  }

  setTimesAt(_pathFlags: object, path: string): void {
    obtained(this.files.find(this.below(path)));
  }

  advise(): void {
    this.file(undefined);
  }

  sync(): void {
    this.entry();
  }

  syncData(): void {
    this.entry();
  }
}

/** What was in a folder when it was opened, one after another. */
export class DirectoryEntryStream extends Resource {
  private readonly entries: readonly (readonly [string, Entry])[];
  private next = 0;

  constructor({ system, handles }: FileContext, entries: readonly (readonly [string, Entry])[]) {
    super(system, handles, 1 + Math.floor(entries.length / wasiLimits.entriesPerHandle));
    this.entries = entries;
  }

  readDirectoryEntry(): { type: string; name: string } | undefined {
    const entry = this.entries[this.next];
    if (entry === undefined) return undefined;
    this.next++;
    chargeBytes(this.system, entry[0].length);
    return { type: typeOf(entry[1]), name: entry[0] };
  }
}
