/**
 * The private file system of a run: a tree in memory with bounds on bytes, number and depth, in which nothing depends on
 * the machine. Whoever exposes it to a guest charges for the bytes that move, and for those that
 * {@link FileSystem.growth} announces.
 * @module
 */
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { done, type FileOutcome, failed } from "./file-outcome.ts";
import type { RunFile } from "./run.ts";

/** Bounds that do not depend on the run. */
export const fileLimits = {
  /** Files and folders together. */
  entries: 4_096,
  pathBytes: 4_096,
  nameBytes: 255,
  /** Names in a path. */
  depth: 32,
} as const;

/** A file. What is at its path may be another one later. */
export interface File {
  readonly kind: "file";
  /** Bytes that count, from the start of the buffer. */
  size: number;
  /** Zeros behind `size`. */
  buffer: Uint8Array;
  /** It is at no path any more and holds nothing. */
  removed: boolean;
}

/** A folder. */
export interface Folder {
  readonly kind: "folder";
  readonly entries: Map<string, Entry>;
}

/** What is at a path. */
export type Entry = File | Folder;

/** What opening does about a file that is there, or is not. */
export interface OpenRule {
  readonly create?: boolean;
  /** It must not be there. */
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
}

/** A path as names from the root on. */
export function namesOf(path: string): FileOutcome<readonly string[]> {
  if (path.length > fileLimits.pathBytes || path.includes("\0")) return failed("bad-path");
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (names.pop() === undefined) return failed("bad-path");
    } else if (utf8ToBytes(name).length > fileLimits.nameBytes) return failed("bad-path");
    else names.push(name);
  }
  return names.length > fileLimits.depth ? failed("bad-path") : done(names);
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One run's files. */
export class FileSystem {
  private readonly root: Folder = { kind: "folder", entries: new Map() };
  private readonly limitBytes: number;
  private usedBytes = 0;
  private entryCount = 0;

  private constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** A file system with the given files in it, which may together have at most `limitBytes`. */
  static withFiles(files: readonly RunFile[], limitBytes: number): Result<FileSystem> {
    const system = new FileSystem(limitBytes);
    for (const { path, bytes } of files) {
      const outcome = system.add(path, bytes);
      if (outcome.ok) continue;
      const message = `The file ${JSON.stringify(path.slice(0, 100))} cannot be given to the program: ${outcome.error}.`;
      if (outcome.error !== "no-space") return rejected("invalid-argument", message);
      return rejected("quota-exceeded", `${message} All files together may have ${limitBytes} bytes.`, { limitBytes });
    }
    return accepted(system);
  }

  private add(path: string, bytes: Uint8Array): FileOutcome<void> {
    const names = namesOf(path);
    if (!names.ok) return names;
    for (let i = 1; i < names.value.length; i++) {
      const made = this.makeFolder(names.value.slice(0, i).join("/"));
      if (!made.ok && made.error !== "exists") return made;
    }
    const file = this.open(path, { create: true, exclusive: true });
    return file.ok ? this.write(file.value, 0, bytes) : file;
  }

  /** What is at a path. */
  find(path: string): FileOutcome<Entry> {
    const names = namesOf(path);
    return names.ok ? this.walk(names.value) : names;
  }

  private walk(names: readonly string[]): FileOutcome<Entry> {
    let entry: Entry = this.root;
    for (const name of names) {
      if (entry.kind === "file") return failed("not-a-folder");
      const next = entry.entries.get(name);
      if (next === undefined) return failed("not-found");
      entry = next;
    }
    return done(entry);
  }

  /** The folder that a path's last name is in, and that name; the root itself is in none. */
  private place(path: string): FileOutcome<{ folder: Folder; name: string; entry: Entry | undefined }> {
    const names = namesOf(path);
    if (!names.ok) return names;
    const name = names.value.at(-1);
    if (name === undefined) return failed("is-a-folder");
    const folder = this.walk(names.value.slice(0, -1));
    if (!folder.ok) return folder;
    if (folder.value.kind === "file") return failed("not-a-folder");
    return done({ folder: folder.value, name, entry: folder.value.entries.get(name) });
  }

  /** The file at a path, made if the rule says so. */
  open(path: string, rule: OpenRule = {}): FileOutcome<File> {
    const place = this.place(path);
    if (!place.ok) return place;
    const { folder, name, entry } = place.value;
    if (entry !== undefined) {
      if (rule.exclusive) return failed("exists");
      if (entry.kind === "folder") return failed("is-a-folder");
      if (rule.truncate) this.cut(entry, 0);
      return done(entry);
    }
    if (!rule.create) return failed("not-found");
    if (this.entryCount === fileLimits.entries) return failed("too-many");
    this.entryCount++;
    const file: File = { kind: "file", size: 0, buffer: new Uint8Array(0), removed: false };
    folder.entries.set(name, file);
    return done(file);
  }

  /** Bytes from `offset` on, at most `length`: a view that the next change may alter. */
  read(file: File, offset: number, length: number): FileOutcome<Uint8Array> {
    if (file.removed) return failed("not-found");
    return done(file.buffer.subarray(Math.min(offset, file.size), Math.min(offset + length, file.size)));
  }

  /** Bytes by which a file grows if it shall reach to `end`: those written there or made zero. */
  growth(file: File, end: number): number {
    return file.removed || end - file.size > this.limitBytes - this.usedBytes ? 0 : Math.max(0, end - file.size);
  }

  /** Writes all of it or nothing. Between the old end and `offset` there are zeros. */
  write(file: File, offset: number, bytes: Uint8Array): FileOutcome<void> {
    if (file.removed) return failed("not-found");
    if (bytes.length === 0) return done(undefined);
    const end = offset + bytes.length;
    if (end > file.size) {
      const grown = this.resize(file, end);
      if (!grown.ok) return grown;
    }
    file.buffer.set(bytes, offset);
    return done(undefined);
  }

  /** Cuts off what is behind, or adds zeros. */
  resize(file: File, size: number): FileOutcome<void> {
    if (file.removed) return failed("not-found");
    if (size <= file.size) {
      this.cut(file, size);
      return done(undefined);
    }
    const more = size - file.size;
    if (more > this.limitBytes - this.usedBytes) return failed("no-space");
    if (size > file.buffer.length) {
      // Less than doubled: who goes to and fro over the point where a buffer is halved must not make it be copied each time.
      const roomBytes = Math.min(Math.floor(1.5 * file.buffer.length), this.limitBytes);
      const buffer = new Uint8Array(Math.max(size, roomBytes));
      buffer.set(file.buffer.subarray(0, file.size));
      file.buffer = buffer;
    }
    this.usedBytes += more;
    file.size = size;
    return done(undefined);
  }

  private cut(file: File, size: number): void {
    this.usedBytes -= file.size - size;
    // Half of a large buffer must not stay with a file that has become small: the quota counts sizes.
    if (size < file.buffer.length / 2) file.buffer = file.buffer.slice(0, size);
    else file.buffer.fill(0, size, file.size);
    file.size = size;
  }

  /** What is in a folder, by name in the order of code units. */
  list(path: string): FileOutcome<readonly (readonly [name: string, entry: Entry])[]> {
    const found = this.find(path);
    if (!found.ok) return found;
    if (found.value.kind === "file") return failed("not-a-folder");
    return done([...found.value.entries].sort(([a], [b]) => byCodeUnits(a, b)));
  }

  /** Makes an empty folder. */
  makeFolder(path: string): FileOutcome<void> {
    const place = this.place(path);
    if (!place.ok) return place.error === "is-a-folder" ? failed("exists") : place;
    const { folder, name, entry } = place.value;
    if (entry !== undefined) return failed("exists");
    if (this.entryCount === fileLimits.entries) return failed("too-many");
    this.entryCount++;
    folder.entries.set(name, { kind: "folder", entries: new Map() });
    return done(undefined);
  }

  /** Removes a file, or a folder that is empty. */
  remove(path: string): FileOutcome<void> {
    const place = this.place(path);
    if (!place.ok) return place;
    const { folder, name, entry } = place.value;
    if (entry === undefined) return failed("not-found");
    if (entry.kind === "folder" && entry.entries.size > 0) return failed("not-empty");
    this.drop(folder, name, entry);
    return done(undefined);
  }

  private drop(folder: Folder, name: string, entry: Entry): void {
    folder.entries.delete(name);
    this.entryCount--;
    if (entry.kind === "folder") return;
    this.cut(entry, 0);
    entry.removed = true;
  }

  /** Gives something another path; a file that is there is replaced. */
  rename(path: string, newPath: string): FileOutcome<void> {
    const [from, to] = [this.place(path), this.place(newPath)];
    if (!from.ok) return from;
    if (!to.ok) return to;
    const { entry } = from.value;
    const there = to.value.entry;
    if (entry === undefined) return failed("not-found");
    if (entry === there) return done(undefined);
    if (entry.kind === "folder" && this.holds(entry, newPath)) return failed("bad-path");
    if (there?.kind === "folder") return failed("exists");
    if (there !== undefined && entry.kind === "folder") return failed("not-a-folder");
    if (entry.kind === "folder" && this.tooDeep(entry, newPath)) return failed("bad-path");
    if (there !== undefined) this.drop(to.value.folder, to.value.name, there);
    from.value.folder.entries.delete(from.value.name);
    to.value.folder.entries.set(to.value.name, entry);
    return done(undefined);
  }

  /** Whether a path leads through a folder. */
  private holds(folder: Folder, path: string): boolean {
    const names = namesOf(path);
    if (!names.ok) return false;
    return names.value.some((_, i) => {
      const above = this.walk(names.value.slice(0, i));
      return above.ok && above.value === folder;
    });
  }

  /** Whether something in a folder would be deeper than a path can say, and so be lost from the result. */
  private tooDeep(folder: Folder, path: string): boolean {
    const names = namesOf(path);
    const depthOf = (entry: Entry): number =>
      entry.kind === "file" ? 0 : 1 + Math.max(0, ...[...entry.entries.values()].map(depthOf));
    return names.ok && names.value.length + depthOf(folder) > fileLimits.depth;
  }

  /** Copies of all files, by path. Empty folders are not among them. */
  files(): RunFile[] {
    const all: RunFile[] = [];
    const visit = (folder: Folder, prefix: string): void => {
      for (const [name, entry] of folder.entries) {
        if (entry.kind === "folder") visit(entry, `${prefix}${name}/`);
        else all.push({ path: `${prefix}${name}`, bytes: entry.buffer.slice(0, entry.size) });
      }
    };
    visit(this.root, "");
    return all.sort((a, b) => byCodeUnits(a.path, b.path));
  }
}
