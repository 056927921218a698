/**
 * A disk that can fail: a store in memory whose k-th write, and everything after it, never happens (the process was
 * killed), or which is full for a while.
 * @module
 */
import { StorageFailure, type Write } from "#node/ports.ts";
import { MortalStore, neverAnswered } from "./mortal-store.ts";

/** A store over memory that outlives its user. */
export class VirtualDisk extends MortalStore {
  /** Commits made so far. */
  commits = 0;
  /** The process dies at this commit, before (or after) it is on disk but in any case before it is acknowledged. */
  crash: { readonly atCommit: number; readonly written: boolean } | null = null;
  /** Takes deletions alone, as a browser over its quota does. */
  full = false;
  /** Bytes there is room for; only writes that make the disk fuller are refused. */
  capacityBytes = Number.POSITIVE_INFINITY;

  /** Whether the crash has happened. */
  get crashed(): boolean {
    return this.dead;
  }

  /** The same disk in the next life of the process. */
  restart(): VirtualDisk {
    return new VirtualDisk(this.kept.reopen());
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
      return neverAnswered();
    });
  }

  private async growthBytes(writes: readonly Write[]): Promise<number> {
    let growth = 0;
    for (const { table, key, value } of writes) {
      growth += (value?.length ?? 0) - ((await this.kept.get(table, key))?.length ?? 0);
    }
    return growth;
  }
}
