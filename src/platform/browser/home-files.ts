/**
 * The files a person keeps in this browser, in an IndexedDB database of their own. What is in a file is kept in pieces under
 * an id of its own, which the file's entry names. Each change is one transaction with strict durability: after a crash a file
 * is as it was or as it was to be.
 * @module
 */
import type { IDBPTransaction } from "idb";
import { toHex } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import {
  type ByteSource,
  type HomeDraft,
  type HomeFile,
  type HomeFiles,
  homeLimits,
  type LeftDraft,
  type NewHomeFile,
  pathProblem,
} from "#sdk/home-files.ts";
import { allOrNone, type Draft, type Entry, HomeDatabase, homePieces, type Schema } from "./home-files/database.ts";
import { WrittenDraft } from "./home-files/draft.ts";
import { DraftLocks } from "./home-files/draft-locks.ts";
import { browserEntropy } from "./system.ts";

const notThere = (path: string) => rejected("not-found", `There is no file ${path}. \`ls\` lists those there are.`);
const inMebibytes = (bytes: number): string => `${bytes / 1_048_576} MiB`;

const newContentId = (): string => toHex(browserEntropy.bytes(16));

class IndexedDbFiles implements HomeFiles {
  private readonly database: HomeDatabase;
  private readonly nowMs: () => number;
  private readonly locks: DraftLocks;

  constructor(name: string, nowMs: () => number, locks: DraftLocks) {
    this.nowMs = nowMs;
    this.locks = locks;
    this.database = new HomeDatabase(name, nowMs, locks);
  }

  list(): Promise<Result<readonly HomeFile[]>> {
    return this.database.with(async (database) => {
      const entries = await database.getAll("entries");
      return accepted(entries.map(({ path, sizeBytes, changedMs }) => ({ path, sizeBytes, changedMs })));
    });
  }

  async read(path: string): Promise<Result<Uint8Array>> {
    for (let lastId: string | null = null; ; ) {
      const entry = await this.entryOf(path);
      if (!entry.ok) return entry;
      const { sizeBytes, contentId } = entry.value;
      if (contentId === lastId)
        return rejected(
          "storage-corrupt",
          `Not all of ${path} is there any more; what there is of it was not changed.`,
        );
      lastId = contentId;
      if (sizeBytes > homeLimits.wholeBytes) {
        const words = `${path} has more than ${inMebibytes(homeLimits.wholeBytes)}, too much to be read at once.`;
        return rejected("too-large", words);
      }
      const bytes = await this.sourceOf(entry.value).read(0, sizeBytes);
      // Replaced between the two steps it is there all the same.
      if (bytes.ok || bytes.code !== "not-found") return bytes;
    }
  }

  async open(path: string): Promise<Result<ByteSource>> {
    const entry = await this.entryOf(path);
    return entry.ok ? accepted(this.sourceOf(entry.value)) : entry;
  }

  write(path: string, bytes: Uint8Array): Promise<Result<void>> {
    return this.keep([{ path, bytes }], "replaces", `${path} was not changed.`);
  }

  add(files: readonly NewHomeFile[]): Promise<Result<void>> {
    return this.keep(files, "is new", "No file was added.");
  }

  async draft(tag: string | null): Promise<Result<HomeDraft>> {
    const left = tag === null ? accepted(null) : await this.leftUnder(tag);
    if (!left.ok || left.value !== null) return left as Result<HomeDraft>;
    const contentId = newContentId();
    const release = await this.locks.take(contentId);
    if (release === null) return rejected("storage-unavailable", "The browser gives no lock. Nothing was changed.");
    const draft: Draft = { contentId, tag, sizeBytes: 0, touchedMs: this.nowMs() };
    const begun = await this.database.with(async (database) => {
      await database.put("drafts", draft, contentId);
      return accepted(undefined);
    });
    if (begun.ok) return accepted(new WrittenDraft(this.database, draft, this.nowMs, release));
    release();
    return begun;
  }

  async left(): Promise<Result<readonly LeftDraft[]>> {
    const drafts = await this.database.with(async (database) => accepted(await database.getAll("drafts")));
    if (!drafts.ok) return drafts;
    const left: LeftDraft[] = [];
    for (const { contentId, tag, sizeBytes, touchedMs } of drafts.value) {
      const release = tag === null || sizeBytes === 0 ? null : await this.locks.take(contentId);
      if (tag === null || release === null) continue;
      release();
      left.push({ tag, sizeBytes, touchedMs });
    }
    return accepted(left.toSorted((a, b) => b.touchedMs - a.touchedMs));
  }

  remove(path: string): Promise<Result<void>> {
    return this.database.with(async (database) => {
      const transaction = database.transaction(["entries", "pieces"], "readwrite", { durability: "strict" });
      const entry = await transaction.objectStore("entries").get(path);
      if (entry === undefined) return notThere(path);
      await Promise.all([
        transaction.objectStore("entries").delete(path),
        transaction.objectStore("pieces").delete(homePieces(entry.contentId)),
        transaction.done,
      ]);
      return accepted(undefined);
    });
  }

  /** A draft under a tag that nobody writes now; null if there is none. */
  private async leftUnder(tag: string): Promise<Result<HomeDraft | null>> {
    const drafts = await this.database.with(async (database) => accepted(await database.getAll("drafts")));
    if (!drafts.ok) return drafts;
    for (const { contentId } of drafts.value.filter((draft) => draft.tag === tag)) {
      const release = await this.locks.take(contentId);
      if (release === null) continue;
      // Before the lock was taken another tab may have gone on with it, and finished.
      const now = await this.database.with(async (database) => accepted(await database.get("drafts", contentId)));
      if (now.ok && now.value !== undefined)
        return accepted(new WrittenDraft(this.database, now.value, this.nowMs, release));
      release();
      if (!now.ok) return now;
    }
    return accepted(null);
  }

  private entryOf(path: string): Promise<Result<Entry>> {
    return this.database.with(async (database) => {
      const entry = await database.get("entries", path);
      return entry === undefined ? notThere(path) : accepted(entry);
    });
  }

  private sourceOf({ path, sizeBytes, contentId }: Entry): ByteSource {
    const { pieceBytes } = homeLimits;
    return {
      sizeBytes,
      read: (from, length) =>
        this.database.with(async (database) => {
          const to = Math.min(sizeBytes, from + length);
          const bytes = new Uint8Array(Math.max(0, to - from));
          const transaction = database.transaction("pieces", "readonly");
          const pieces = transaction.objectStore("pieces");
          // One after the other: all at once they would be in memory twice.
          for (let at = from; at < to; ) {
            const piece = await pieces.get([contentId, Math.floor(at / pieceBytes)]);
            const part = piece?.subarray(at % pieceBytes, (at % pieceBytes) + to - at) ?? new Uint8Array();
            if (part.length === 0) return rejected("not-found", `${path} was changed or deleted while it was read.`);
            bytes.set(part, at - from);
            at += part.length;
          }
          return accepted(bytes);
        }),
    };
  }

  /** Keeps files in one transaction; `outcome` is said when that cannot be. */
  private async keep(
    made: readonly NewHomeFile[],
    each: "replaces" | "is new",
    outcome: string,
  ): Promise<Result<void>> {
    const { wholeBytes, files } = homeLimits;
    const refuse = (message: string) => rejected("storage-full", `${message} ${outcome}`);
    for (const { path, bytes } of made) {
      const problem = pathProblem(path);
      if (problem !== null) return rejected("invalid-argument", problem);
      if (bytes.length > wholeBytes) return refuse(`At once at most ${inMebibytes(wholeBytes)} are written.`);
    }
    const paths = new Set(made.map(({ path }) => path));
    return this.database.with(async (database) => {
      const transaction = database.transaction(["entries", "pieces"], "readwrite", { durability: "strict" });
      const there = await transaction.objectStore("entries").getAll();
      const replaced = there.filter(({ path }) => paths.has(path));
      if (each === "is new" && (replaced.length > 0 || paths.size < made.length))
        return rejected("invalid-argument", `There is a file of such a path already. ${outcome}`);
      if (there.length - replaced.length + made.length > files)
        return refuse(`There are at most ${files} files; \`rm\` deletes some.`);
      await allOrNone(transaction, (changes) => {
        for (const { contentId } of replaced)
          changes.push(transaction.objectStore("pieces").delete(homePieces(contentId)));
        for (const file of made) this.put(transaction, file, changes);
      });
      return accepted(undefined);
    });
  }

  private put(
    transaction: IDBPTransaction<Schema, ("entries" | "pieces")[], "readwrite">,
    { path, bytes }: NewHomeFile,
    puts: Promise<unknown>[],
  ): void {
    const { pieceBytes } = homeLimits;
    const contentId = newContentId();
    const entry: Entry = { path, sizeBytes: bytes.length, changedMs: this.nowMs(), contentId };
    puts.push(transaction.objectStore("entries").put(entry, path));
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      // The database takes a copy of the whole buffer that an array is a view of.
      const piece = bytes.slice(at, at + pieceBytes);
      puts.push(transaction.objectStore("pieces").put(piece, [contentId, at / pieceBytes]));
    }
  }
}

/** Opens the files of a database, when they are first asked for. */
export function openHomeFiles(
  name: string,
  nowMs: () => number,
  locks: Pick<LockManager, "request"> | undefined = globalThis.navigator?.locks,
): HomeFiles {
  return new IndexedDbFiles(name, nowMs, new DraftLocks(name, locks));
}
