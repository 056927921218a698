/**
 * The vault's file in an IndexedDB database of its own that is never pruned. A write says what it replaces, so that no two
 * writers can undo each other: keys that were overwritten are gone for good.
 * @module
 */
import { openDB } from "idb";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { guarded } from "./indexed-db-store.ts";

/** Where the one file of the vault is kept. Throws `StorageFailure`. */
export interface VaultStore {
  read(): Promise<Uint8Array | undefined>;
  /**
   * Puts `file` in the place of `expected` (undefined: of nothing), in one transaction. False, and nothing is written, if
   * something else is there. Durable when it resolves.
   */
  replace(expected: Uint8Array | undefined, file: Uint8Array): Promise<boolean>;
}

const key = "file";

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}

/** Opens the store at its first use, and again if the browser closed it or could not open it. */
export function createVaultStore(name = "aether-vault"): VaultStore {
  let opened: ReturnType<typeof open> | null = null;
  const forget = (): void => {
    opened = null;
  };
  const open = () =>
    openDB<{ vault: { key: string; value: Uint8Array } }>(name, 1, {
      upgrade: (database) => void database.createObjectStore("vault"),
      blocking: (_current, _next, event) => {
        (event.target as IDBDatabase).close();
        forget();
      },
      terminated: forget,
    });
  const database = () => {
    if (opened === null) {
      opened = open();
      opened.catch(forget);
    }
    return opened;
  };
  return {
    read: () => guarded(async () => (await database()).get("vault", key)),
    replace: (expected, file) =>
      guarded(async () => {
        const transaction = (await database()).transaction("vault", "readwrite", { durability: "strict" });
        const free = same(await transaction.store.get(key), expected);
        // The transaction's end is the one outcome that counts; a failed put rejects it too.
        if (free) transaction.store.put(file.slice(), key).catch(() => undefined);
        await transaction.done;
        return free;
      }),
  };
}
