/**
 * Where a newcomer begins to trust: a block that somebody it believes says is final. Votes of long ago cost nothing to sign
 * again, so without it a node that has seen nothing can be led onto a made-up history (weak subjectivity). What a device
 * knows final itself goes first, then a link or a flag, then what its build has pinned, then what three independent peers
 * agree on (checkpoint-agreement.ts); with none of these it believes whom it meets first, and says so.
 * @module
 */
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import { firstEpochOf } from "#protocol/consensus/votes.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { CheckpointStanding } from "#sdk/finality.ts";
import { checkpointKey, type FinalityMark, finalityKey, records } from "./chain-records.ts";
import type { Store, Write } from "./ports.ts";

/**
 * Final blocks that a build knows, by network: whoever makes a release of the app puts the newest one here. `dev` has none:
 * every seed begins its own.
 */
export const pinnedCheckpoints: Readonly<Record<NetworkParameters["name"], FinalisedBlock | null>> = {
  dev: null,
  main: null,
};

/** What a device stands on that was told nothing. */
export const noStanding: CheckpointStanding = { source: "none", block: null, groups: 0 };

/** What a checkpoint makes known. */
export function markOf(checkpoint: FinalisedBlock): FinalityMark {
  const justified = { epoch: firstEpochOf(checkpoint.height), hash: checkpoint.hash };
  return { finalised: checkpoint, justified, finalisedBy: null, justifiedBy: null };
}

/** Checkpoints that a device is given at its start. */
export interface GivenCheckpoints {
  /** By a link or a flag. */
  readonly link: FinalisedBlock | null;
  readonly pinned: FinalisedBlock | null;
}

/** What a node knows to be decided at its start, and what vouched for it first. */
export interface Start {
  readonly mark: FinalityMark | null;
  readonly standing: CheckpointStanding;
}

/** What a node begins with: what it is given counts only if it knows nothing itself. */
export function startOn(stored: Start, { link, pinned }: GivenCheckpoints): Start {
  const block = link ?? pinned;
  if (block === null || (stored.mark !== null && stored.mark.finalised.height > 0)) return stored;
  const source = link === null ? "pinned" : "link";
  return { mark: markOf(block), standing: { source, block, groups: 0 } };
}

/** What a device stands on, as it is stored. */
export class Footing {
  /** What vouched first for what is final here. */
  standing: CheckpointStanding = noStanding;
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  /** Takes what the device is given, if it knows nothing itself; gives what is known to be decided then. */
  async begin(given: GivenCheckpoints): Promise<FinalityMark | null> {
    const [standing, marked] = await this.store.getMany("meta", [checkpointKey, finalityKey]);
    const known = standing === undefined ? undefined : records.checkpoint.decode(standing);
    const mark = marked === undefined ? undefined : records.finality.decode(marked);
    const stored = { mark: mark?.ok ? mark.value : null, standing: known?.ok ? known.value : noStanding };
    const start = startOn(stored, given);
    this.standing = start.standing;
    if (start === stored || start.mark === null) return start.mark;
    await this.keep(start.standing, [{ table: "meta", key: finalityKey, value: records.finality.encode(start.mark) }]);
    return start.mark;
  }

  /** Remembers what vouched. */
  async keep(standing: CheckpointStanding, writes: readonly Write[] = []): Promise<void> {
    const value = records.checkpoint.encode(standing);
    await this.store.commit([{ table: "meta", key: checkpointKey, value }, ...writes]);
    this.standing = standing;
  }
}
