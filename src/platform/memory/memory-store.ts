/**
 * A store in memory: the reference of the store contract, and what tests and the simulator run on.
 * @module
 */

import { type Entry, type Range, StorageFailure, type Store, type Table, tables, type Write } from "#node/ports.ts";
import { compareBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";

type Contents = Map<Table, Map<string, Uint8Array>>;

/** Keys are kept as hexadecimal, whose order is that of the bytes. */
export class MemoryStore implements Store {
  private readonly contents: Contents = new Map(tables.map((table) => [table, new Map()]));
  private open = true;

  get(table: Table, key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.read(() => this.table(table).get(toHex(key))?.slice());
  }

  getMany(table: Table, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.read(() => keys.map((key) => this.table(table).get(toHex(key))?.slice()));
  }

  range(table: Table, { from, to, limit, reverse }: Range): Promise<readonly Entry[]> {
    return this.read(() => {
      const entries = [...this.table(table)]
        .map(([key, value]): Entry => [fromHex(key) as Uint8Array, value.slice()])
        .filter(([key]) => (!from || compareBytes(key, from) >= 0) && (!to || compareBytes(key, to) < 0))
        .sort((a, b) => compareBytes(a[0], b[0]));
      return (reverse ? entries.reverse() : entries).slice(0, limit);
    });
  }

  commit(writes: readonly Write[]): Promise<void> {
    return this.read(() => {
      for (const { table, key, value } of writes) {
        if (value === null) this.table(table).delete(toHex(key));
        else this.table(table).set(toHex(key), value.slice());
      }
    });
  }

  clear(...names: readonly Table[]): Promise<void> {
    return this.read(() => {
      for (const name of names.length > 0 ? names : tables) this.table(name).clear();
    });
  }

  close(): Promise<void> {
    this.open = false;
    return Promise.resolve();
  }

  /** Bytes of all values. */
  sizeBytes(): Promise<number> {
    return this.read(() => {
      let total = 0;
      for (const table of this.contents.values()) for (const value of table.values()) total += value.length;
      return total;
    });
  }

  /** Opens it again, as a process that restarts would; what was committed is there. */
  reopen(): this {
    this.open = true;
    return this;
  }

  private table(name: Table): Map<string, Uint8Array> {
    return this.contents.get(name) as Map<string, Uint8Array>;
  }

  private read<T>(action: () => T): Promise<T> {
    if (!this.open) return Promise.reject(new StorageFailure("storage-unavailable", "The store is closed."));
    return Promise.resolve(action());
  }
}
