/**
 * The files a person keeps in this browser, in an IndexedDB database of their own. Each change is one transaction with
 * strict durability: after a crash a file is as it was or as it was to be.
 * @module
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { StorageFailure } from "#node/ports.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type HomeFile, type HomeFiles, homeLimits, pathProblem } from "#sdk/home-files.ts";
import { guarded } from "./indexed-db-store.ts";

interface Schema extends DBSchema {
  /** Sizes and ages apart from the bytes, so that listing does not read gigabytes. */
  entries: { key: string; value: HomeFile };
  bytes: { key: string; value: Uint8Array };
}

const notThere = (path: string) => rejected("not-found", `There is no file ${path}. \`ls\` lists those there are.`);

class IndexedDbFiles implements HomeFiles {
  private opened: Promise<IDBPDatabase<Schema>> | null = null;
  private readonly name: string;
  private readonly nowMs: () => number;

  constructor(name: string, nowMs: () => number) {
    this.name = name;
    this.nowMs = nowMs;
  }

  list(): Promise<Result<readonly HomeFile[]>> {
    return this.with(async (database) => accepted(await database.getAll("entries")));
  }

  read(path: string): Promise<Result<Uint8Array>> {
    return this.with(async (database) => {
      const bytes = await database.get("bytes", path);
      return bytes === undefined ? notThere(path) : accepted(bytes);
    });
  }

  write(path: string, bytes: Uint8Array): Promise<Result<void>> {
    const problem = pathProblem(path);
    if (problem !== null) return Promise.resolve(rejected("invalid-argument", problem));
    const { fileBytes, files, totalBytes } = homeLimits;
    const refuse = (message: string) => rejected("storage-full", `${message} ${path} was not changed.`);
    if (bytes.length > fileBytes) return Promise.resolve(refuse(`A file has at most ${fileBytes} bytes.`));
    return this.with(async (database) => {
      const transaction = database.transaction(["entries", "bytes"], "readwrite", { durability: "strict" });
      const others = (await transaction.objectStore("entries").getAll()).filter((one) => one.path !== path);
      const usedBytes = others.reduce((sum, { sizeBytes }) => sum + sizeBytes, bytes.length);
      if (others.length >= files) return refuse(`There are ${files} files already; \`rm\` deletes some.`);
      if (usedBytes > totalBytes)
        return refuse(`All files together have at most ${totalBytes} bytes; \`rm\` deletes some.`);
      const entry = { path, sizeBytes: bytes.length, changedMs: this.nowMs() };
      await Promise.all([
        transaction.objectStore("entries").put(entry, path),
        // The database takes a copy of the whole buffer that an array is a view of.
        transaction.objectStore("bytes").put(bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice(), path),
        transaction.done,
      ]);
      return accepted(undefined);
    });
  }

  remove(path: string): Promise<Result<void>> {
    return this.with(async (database) => {
      const transaction = database.transaction(["entries", "bytes"], "readwrite", { durability: "strict" });
      const entry = await transaction.objectStore("entries").get(path);
      if (entry === undefined) return notThere(path);
      await Promise.all([
        transaction.objectStore("entries").delete(path),
        transaction.objectStore("bytes").delete(path),
        transaction.done,
      ]);
      return accepted(undefined);
    });
  }

  private async with<T>(action: (database: IDBPDatabase<Schema>) => Promise<Result<T>>): Promise<Result<T>> {
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
    this.opened ??= openDB<Schema>(this.name, 1, {
      upgrade: (database) => {
        database.createObjectStore("entries");
        database.createObjectStore("bytes");
      },
      blocking: (_current, _blocked, event) => {
        (event.target as IDBDatabase).close();
        forget();
      },
      terminated: forget,
    }).catch((error: unknown) => {
      forget();
      throw error;
    });
    return this.opened;
  }
}

/** Opens the files of a database, when they are first asked for. */
export function openHomeFiles(name: string, nowMs: () => number): HomeFiles {
  return new IndexedDbFiles(name, nowMs);
}
