/**
 * The seed's store: LevelDB, one key prefix per table, every commit one synced batch.
 * @module
 */
import { ClassicLevel } from "classic-level";
import {
  type Entry,
  type Range,
  StorageFailure,
  type StorageFailureCode,
  type Store,
  type Table,
  tables,
  type Write,
} from "#node/ports.ts";
import { concatBytes } from "#protocol/codec/bytes.ts";

type Database = ClassicLevel<Uint8Array, Uint8Array>;

const prefixOf = (table: Table): number => tables.indexOf(table);
/** The binding gives Buffers; callers get plain arrays. */
const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const keyOf = (table: Table, key: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(prefixOf(table)), key);

function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: string; cause?: { code?: string; message?: string } };
  return `${code ?? ""} ${cause?.code ?? ""} ${cause?.message ?? ""} ${error instanceof Error ? error.message : ""}`;
}

/** LevelDB tells its troubles in text; the ones a user can do something about get their own words. */
function failure(error: unknown): StorageFailure {
  if (error instanceof StorageFailure) return error;
  const text = codeOf(error);
  const of = (code: StorageFailureCode, message: string) => new StorageFailure(code, message, { cause: error });
  if (/LEVEL_LOCKED|already held|lock/i.test(text)) {
    return of(
      "storage-unavailable",
      "Another seed is running on this data directory. Stop it, or give this one its own --data.",
    );
  }
  if (/No space left|ENOSPC|quota/i.test(text)) return of("storage-full", "The disk is full.");
  if (/Permission denied|EACCES|Read-only|EROFS/i.test(text))
    return of("storage-unavailable", "The data directory cannot be written.");
  if (/LEVEL_CORRUPTION|corruption/i.test(text)) return of("storage-corrupt", "The database is damaged.");
  return of("storage-unavailable", `The database failed: ${error instanceof Error ? error.message : String(error)}`);
}

async function guarded<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw failure(error);
  }
}

class LevelStore implements Store {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  get(table: Table, key: Uint8Array): Promise<Uint8Array | undefined> {
    return guarded(async () => {
      const value = await this.database.get(keyOf(table, key));
      return value === undefined ? undefined : plain(value);
    });
  }

  getMany(table: Table, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return guarded(async () => {
      const values = await this.database.getMany(keys.map((key) => keyOf(table, key)));
      return values.map((value) => (value === undefined ? undefined : plain(value)));
    });
  }

  range(table: Table, { from, to, limit, reverse }: Range): Promise<readonly Entry[]> {
    return guarded(async () => {
      const bounds = {
        gte: keyOf(table, from ?? new Uint8Array()),
        lt: to ? keyOf(table, to) : Uint8Array.of(prefixOf(table) + 1),
      };
      const entries = await this.database.iterator({ ...bounds, limit, reverse: reverse ?? false }).all();
      return entries.map(([key, value]): Entry => [plain(key).subarray(1), plain(value)]);
    });
  }

  commit(writes: readonly Write[]): Promise<void> {
    const operations = writes.map(({ table, key, value }) =>
      value === null
        ? { type: "del" as const, key: keyOf(table, key) }
        : { type: "put" as const, key: keyOf(table, key), value },
    );
    return guarded(() => this.database.batch(operations, { sync: true }));
  }

  clear(...names: readonly Table[]): Promise<void> {
    return guarded(async () => {
      // LevelDB clears key by key; only one synced batch is all or nothing.
      const batch = this.database.batch();
      for (const table of names.length > 0 ? names : tables) {
        const bounds = { gte: Uint8Array.of(prefixOf(table)), lt: Uint8Array.of(prefixOf(table) + 1) };
        for await (const key of this.database.keys(bounds)) batch.del(key);
      }
      await batch.write({ sync: true });
    });
  }

  close(): Promise<void> {
    return guarded(() => this.database.close());
  }
}

/** Opens a directory, making it if need be. @throws StorageFailure */
export function openLevelStore(directory: string): Promise<Store> {
  return guarded(async () => {
    const database: Database = new ClassicLevel(directory, { keyEncoding: "view", valueEncoding: "view" });
    await database.open();
    return new LevelStore(database);
  });
}
