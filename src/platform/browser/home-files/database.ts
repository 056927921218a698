/**
 * The database of a person's files: its schema, the step from the version before it, and what is cleared away when it is
 * opened.
 * @module
 */
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from "idb";
import { StorageFailure } from "#node/ports.ts";
import { type Result, rejected } from "#protocol/result.ts";
import { type HomeFile, homeLimits } from "#sdk/home-files.ts";
import { guarded } from "../indexed-db-store.ts";
import type { DraftLocks } from "./draft-locks.ts";

/** A file and where its pieces are. */
export interface Entry extends HomeFile {
  readonly contentId: string;
}

/** Content that no file has yet. */
export interface Draft {
  readonly contentId: string;
  /** What goes on with it asks for it by this; null: nobody does. */
  readonly tag: string | null;
  /** Of the pieces there are. */
  readonly sizeBytes: number;
  /** Unix time in milliseconds. */
  readonly touchedMs: number;
}

/** Sizes and ages apart from the bytes, so that listing does not read gigabytes. */
export interface Schema extends DBSchema {
  entries: { key: string; value: Entry };
  /** By content and number. A piece is either of an entry's content or of a draft's. */
  pieces: { key: [string, number]; value: Uint8Array };
  drafts: { key: string; value: Draft };
}

/** Version 1 had a file's bytes whole, under its path. */
interface FirstSchema extends DBSchema {
  entries: { key: string; value: HomeFile };
  bytes: { key: string; value: Uint8Array };
  pieces: Schema["pieces"];
  drafts: Schema["drafts"];
}

/** Undoes a transaction, unless it has failed by itself. */
function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort();
  } catch {
    // It is over already.
  }
}

/**
 * Makes all changes that `change` adds to the list, or none. What is thrown between two of them, for want of memory for a copy
 * say, would leave those before it.
 */
export async function allOrNone(
  transaction: { readonly done: Promise<void>; abort(): void },
  change: (changes: Promise<unknown>[]) => void,
): Promise<void> {
  const changes: Promise<unknown>[] = [transaction.done];
  try {
    change(changes);
    await Promise.all(changes);
  } catch (error) {
    void Promise.allSettled(changes);
    abort(transaction);
    throw error;
  }
}

/** All pieces of a content, or those from a number on. */
export function homePieces(contentId: string, from = 0): IDBKeyRange {
  return IDBKeyRange.bound([contentId, from], [contentId, Number.POSITIVE_INFINITY]);
}

/** Cuts whole files into pieces, one file in memory at a time; the path is as good an id as any and never used again. */
async function cutWholeFiles(
  transaction: IDBPTransaction<FirstSchema, StoreNames<FirstSchema>[], "versionchange">,
): Promise<void> {
  const { pieceBytes } = homeLimits;
  const [entries, pieces] = [transaction.objectStore("entries"), transaction.objectStore("pieces")];
  for (const path of await entries.getAllKeys()) {
    const [entry, bytes] = await Promise.all([entries.get(path), transaction.objectStore("bytes").get(path)]);
    if (entry === undefined || bytes === undefined) continue;
    const contentId = `1 ${path}`;
    for (let at = 0; at < bytes.length; at += pieceBytes)
      await pieces.put(bytes.slice(at, at + pieceBytes), [contentId, at / pieceBytes]);
    await entries.put({ ...entry, contentId } as Entry, path);
  }
}

async function upgrade(
  database: IDBPDatabase<Schema>,
  from: number,
  transaction: IDBPTransaction<Schema, StoreNames<Schema>[], "versionchange">,
): Promise<void> {
  database.createObjectStore("pieces");
  database.createObjectStore("drafts");
  if (from < 1) database.createObjectStore("entries");
  else {
    await cutWholeFiles(transaction as unknown as Parameters<typeof cutWholeFiles>[0]);
    (database as unknown as IDBPDatabase<FirstSchema>).deleteObjectStore("bytes");
  }
}

/** Opens the database when it is first asked for, and again after it was closed. */
export class HomeDatabase {
  private opened: Promise<IDBPDatabase<Schema>> | null = null;
  private readonly name: string;
  private readonly nowMs: () => number;
  private readonly locks: DraftLocks;

  constructor(name: string, nowMs: () => number, locks: DraftLocks) {
    this.name = name;
    this.nowMs = nowMs;
    this.locks = locks;
  }

  /** Does something with the database; what the browser throws becomes a refusal. */
  async with<T>(action: (database: IDBPDatabase<Schema>) => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await guarded(async () => action(await this.open()));
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      return rejected(error.code, `${error.message} Your files are as they were.`);
    }
  }

  private open(): Promise<IDBPDatabase<Schema>> {
    const forget = (): void => {
      this.opened = null;
    };
    this.opened ??= openDB<Schema>(this.name, 2, {
      upgrade: (database, from, _to, transaction) => upgrade(database, from, transaction),
      blocking: (_current, _blocked, event) => {
        (event.target as IDBDatabase).close();
        forget();
      },
      terminated: forget,
    })
      .then(async (database) => {
        // Files are not to wait for want of room to clear up in.
        await this.sweep(database).catch(() => undefined);
        return database;
      })
      .catch((error: unknown) => {
        forget();
        throw error;
      });
    return this.opened;
  }

  /** Deletes drafts that nobody writes and nobody will go on with. */
  private async sweep(database: IDBPDatabase<Schema>): Promise<void> {
    for (const { contentId, tag, touchedMs } of await database.getAll("drafts")) {
      const keptMs = tag === null && this.locks.tell ? 0 : homeLimits.draftMs;
      if (this.nowMs() - touchedMs < keptMs) continue;
      const release = await this.locks.take(contentId);
      if (release === null) continue;
      try {
        const transaction = database.transaction(["drafts", "pieces"], "readwrite");
        // Finished in another tab meanwhile, its pieces are a file's.
        if ((await transaction.objectStore("drafts").get(contentId)) !== undefined) {
          await transaction.objectStore("pieces").delete(homePieces(contentId));
          await transaction.objectStore("drafts").delete(contentId);
        }
        await transaction.done;
      } finally {
        release();
      }
    }
  }
}
