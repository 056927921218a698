/**
 * The node's store in a browser: one IndexedDB database, one object store per table, one transaction per commit with
 * strict durability. A commit resolves only after the transaction's `complete`.
 * @module
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { type Entry, type Range, StorageFailure, type Store, type Table, tables, type Write } from "#node/ports.ts";

type Schema = DBSchema & { [T in Table]: { key: ArrayBuffer; value: Uint8Array } };
type Database = IDBPDatabase<Schema>;

/** Steps from each schema version to the next; never edited, only appended to. */
const migrations: readonly ((database: Database) => void)[] = [
  (database) => {
    const first = ["meta", "headers", "bodies", "undo", "canonical", "state", "transactions", "pool", "peers"] as const;
    for (const table of first) database.createObjectStore(table);
  },
  (database) => {
    database.createObjectStore("spare");
  },
  (database) => {
    database.createObjectStore("mail");
  },
  (database) => {
    database.createObjectStore("files");
  },
  (database) => {
    database.createObjectStore("documents");
  },
];

/** IndexedDB keys must be plain buffers: a view would drag its whole buffer in. */
function keyOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}

function failure(error: unknown): StorageFailure {
  if (error instanceof StorageFailure) return error;
  const name = error instanceof Error ? error.name : "";
  const options = { cause: error };
  if (name === "QuotaExceededError") {
    return new StorageFailure("storage-full", "The browser gives this page no more storage.", options);
  }
  if (name === "VersionError") {
    return new StorageFailure(
      "storage-unavailable",
      "This data was written by a newer version of the app; reload it.",
      options,
    );
  }
  if (name === "InvalidStateError" || name === "AbortError" || name === "TransactionInactiveError") {
    return new StorageFailure("storage-unavailable", "The browser closed the database.", options);
  }
  return new StorageFailure(
    "storage-corrupt",
    `The browser could not read the database (${name || String(error)}).`,
    options,
  );
}

/** Runs a database action; whatever the browser throws comes out as a {@link StorageFailure} a person can read. */
export async function guarded<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw failure(error);
  }
}

function keyRange({ from, to }: Range): IDBKeyRange | null {
  if (from && to) return IDBKeyRange.bound(keyOf(from), keyOf(to), false, true);
  if (from) return IDBKeyRange.lowerBound(keyOf(from));
  return to ? IDBKeyRange.upperBound(keyOf(to), true) : null;
}

class IndexedDbStore implements Store {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  get(table: Table, key: Uint8Array): Promise<Uint8Array | undefined> {
    return guarded(() => this.database.get(table, keyOf(key)));
  }

  getMany(table: Table, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return guarded(async () => {
      const store = this.database.transaction(table).store;
      return Promise.all(keys.map((key) => store.get(keyOf(key))));
    });
  }

  range(table: Table, range: Range): Promise<readonly Entry[]> {
    return guarded(async () => {
      const { store } = this.database.transaction(table);
      const query = keyRange(range);
      if (range.reverse) {
        const entries: Entry[] = [];
        let cursor = range.limit > 0 ? await store.openCursor(query, "prev") : null;
        while (cursor !== null && entries.length < range.limit) {
          entries.push([new Uint8Array(cursor.key), cursor.value]);
          cursor = entries.length < range.limit ? await cursor.continue() : null;
        }
        return entries;
      }
      if (range.limit === 0) return [];
      const [keys, values] = await Promise.all([
        store.getAllKeys(query, range.limit),
        store.getAll(query, range.limit),
      ]);
      return keys.map((key, i): Entry => [new Uint8Array(key), values[i] as Uint8Array]);
    });
  }

  commit(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return Promise.resolve();
    return guarded(async () => {
      const names = [...new Set(writes.map(({ table }) => table))];
      const transaction = this.database.transaction(names, "readwrite", { durability: "strict" });
      // Single requests may reject on their own; the transaction's end is the one outcome that counts.
      const requests = writes.map(({ table, key, value }) => {
        const store = transaction.objectStore(table);
        return value === null ? store.delete(keyOf(key)) : store.put(value.slice(), keyOf(key));
      });
      const results = await Promise.allSettled([transaction.done, ...requests]);
      const failed = results.find((result) => result.status === "rejected" && result.reason?.name !== "AbortError");
      const ended = results[0] as PromiseSettledResult<void>;
      if (failed?.status === "rejected") throw failed.reason;
      if (ended.status === "rejected") throw transaction.error ?? ended.reason;
    });
  }

  clear(...names: readonly Table[]): Promise<void> {
    return guarded(async () => {
      const cleared = names.length > 0 ? names : tables;
      const transaction = this.database.transaction([...cleared], "readwrite", { durability: "strict" });
      await Promise.all([...cleared.map((table) => transaction.objectStore(table).clear()), transaction.done]);
    });
  }

  close(): Promise<void> {
    this.database.close();
    return Promise.resolve();
  }
}

/** What happens to an open database that is not the store's own doing. */
export interface IndexedDbEvents {
  /** The browser or another tab closed the database: reload. */
  onClosed(reason: string): void;
}

/** Opens (and if need be migrates) a database. @throws StorageFailure */
export function openIndexedDbStore(name: string, events: IndexedDbEvents): Promise<Store> {
  return guarded(async () => {
    const database: Database = await openDB<Schema>(name, migrations.length, {
      upgrade: (opened, oldVersion) => {
        for (const migrate of migrations.slice(oldVersion)) migrate(opened);
      },
      blocking: () => {
        database.close();
        events.onClosed("A newer version of the app runs in another tab; reload this one.");
      },
      terminated: () => events.onClosed("The browser closed the database; reload the page."),
    });
    return new IndexedDbStore(database);
  });
}
