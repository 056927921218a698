/**
 * A disk whose owner can be killed at any write, which can keep a part of the last write only, or refuse to write.
 * @module
 */

import { StorageFailure, type Write } from "#node/ports.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { voteJournalKey } from "../../node/chain-records.ts";
import type { MemoryStore } from "../../platform/memory/memory-store.ts";
import { MortalStore, neverAnswered } from "../mortal-store.ts";

/** What is on the disk of the write during which the process died. */
export type LastWrite = "kept" | "lost" | "torn";

/** A store in memory with a plan for its owner's death. */
export class FaultyDisk extends MortalStore {
  private readonly onDeath: (write: LastWrite | "failed") => void;
  private death: { inCommits: number; write: LastWrite | "failed"; part: number } | null = null;
  /** Whether writes fail. */
  full = false;
  /** Commits made in this life, and those among them that wrote the journal of votes. */
  commits = 0;
  journalCommits = 0;

  constructor(onDeath: (write: LastWrite | "failed") => void, kept?: MemoryStore) {
    super(kept);
    this.onDeath = onDeath;
  }

  /**
   * Plans death during a later commit; of a torn one the first `part` (0 to 1) of the writes is there afterwards. A
   * failed one is refused, and so is every other of this life: then it is for the owner to end.
   */
  dieAt(inCommits: number, write: LastWrite | "failed", part: number): void {
    this.death = { inCommits, write, part };
  }

  /** Ends this life now. */
  kill(): void {
    this.dead = true;
  }

  /** The same disk in the next life of its owner. */
  next(onDeath: (write: LastWrite | "failed") => void): FaultyDisk {
    return new FaultyDisk(onDeath, this.kept.reopen());
  }

  commit(writes: readonly Write[]): Promise<void> {
    return this.alive(async () => {
      if (this.full) throw new StorageFailure("storage-full", "The disk is full.");
      this.commits++;
      if (writes.some(({ table, key }) => table === "meta" && equalBytes(key, voteJournalKey))) this.journalCommits++;
      if (this.death === null || this.death.inCommits-- > 0) return this.kept.commit(writes);
      const { write, part } = this.death;
      this.death = null;
      if (write === "failed") {
        this.full = true;
        this.onDeath(write);
        throw new StorageFailure("storage-unavailable", "The disk failed.");
      }
      this.dead = true;
      if (write !== "lost")
        await this.kept.commit(write === "kept" ? writes : writes.slice(0, Math.floor(part * writes.length)));
      this.onDeath(write);
      return neverAnswered();
    });
  }
}
