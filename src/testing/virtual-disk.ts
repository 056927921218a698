/**
 * A disk that can fail: a store in memory whose k-th write, and everything after it, never happens (the process was
 * killed), or which is full for a while.
 * @module
 */
import { type Range, StorageFailure, type Store, type Table, type Write } from "#node/ports.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";

/** A store over memory that outlives its user. */
export class VirtualDisk implements Store {
  private readonly kept: MemoryStore;
  /** Commits made so far. */
  commits = 0;
  /** The process dies at this commit, before (or after) it is on disk but in any case before it is acknowledged. */
  crash: { readonly atCommit: number; readonly written: boolean } | null = null;
  /** Takes deletions alone, as a browser over its quota does. */
  full = false;
  /** Bytes there is room for; only writes that make the disk fuller are refused. */
  capacityBytes = Number.POSITIVE_INFINITY;
  private dead = false;

  constructor(kept: MemoryStore = new MemoryStore()) {
    this.kept = kept;
  }

  /** Whether the crash has happened. */
  get crashed(): boolean {
    return this.dead;
  }

  /** The same disk in the next life of the process. */
  restart(): VirtualDisk {
    return new VirtualDisk(this.kept.reopen());
  }

  get(table: Table, key: Uint8Array) {
    return this.alive(() => this.kept.get(table, key));
  }

  getMany(table: Table, keys: readonly Uint8Array[]) {
    return this.alive(() => this.kept.getMany(table, keys));
  }

  range(table: Table, range: Range) {
    return this.alive(() => this.kept.range(table, range));
  }

  commit(writes: readonly Write[]): Promise<void> {
    return this.alive(async () => {
      const growth = Number.isFinite(this.capacityBytes) ? await this.growthBytes(writes) : 0;
      const fits = growth <= 0 || (await this.kept.sizeBytes()) + growth <= this.capacityBytes;
      const puts = writes.some(({ value }) => value !== null);
      if ((this.full && puts) || !fits) throw new StorageFailure("storage-full", "The disk is full.");
      const crash = this.crash?.atCommit === this.commits++ ? this.crash : null;
      if (crash === null) return this.kept.commit(writes);
      this.dead = true;
      if (crash.written) await this.kept.commit(writes);
      return new Promise<never>(() => undefined);
    });
  }

  clear(...names: readonly Table[]): Promise<void> {
    return this.alive(() => this.kept.clear(...names));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async growthBytes(writes: readonly Write[]): Promise<number> {
    let growth = 0;
    for (const { table, key, value } of writes) {
      growth += (value?.length ?? 0) - ((await this.kept.get(table, key))?.length ?? 0);
    }
    return growth;
  }

  /** A dead process gets no answers. */
  private alive<T>(action: () => Promise<T>): Promise<T> {
    return this.dead ? new Promise<never>(() => undefined) : action();
  }
}
