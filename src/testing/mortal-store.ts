/**
 * A store in memory that outlives its user: what every disk that can fail starts from.
 * @module
 */
import type { Range, Store, Table, Write } from "#node/ports.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";

/** Once dead it answers nothing; what it kept is there for the next life. */
export abstract class MortalStore implements Store {
  protected readonly kept: MemoryStore;
  protected dead = false;

  constructor(kept: MemoryStore = new MemoryStore()) {
    this.kept = kept;
  }

  abstract commit(writes: readonly Write[]): Promise<void>;

  get(table: Table, key: Uint8Array) {
    return this.alive(() => this.kept.get(table, key));
  }

  getMany(table: Table, keys: readonly Uint8Array[]) {
    return this.alive(() => this.kept.getMany(table, keys));
  }

  range(table: Table, range: Range) {
    return this.alive(() => this.kept.range(table, range));
  }

  clear(...names: readonly Table[]): Promise<void> {
    return this.alive(() => this.kept.clear(...names));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** What is kept, whoever lives: for those who watch a world, never for its nodes. */
  keptValue(table: Table, key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.kept.get(table, key);
  }

  protected alive<T>(action: () => Promise<T>): Promise<T> {
    return this.dead ? neverAnswered() : action();
  }
}

/** What a dead process gets. */
export function neverAnswered(): Promise<never> {
  return new Promise<never>(() => undefined);
}
