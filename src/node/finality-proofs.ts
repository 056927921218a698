/**
 * What a node can show of finality to somebody who was not there: who voted after one of its blocks, and which votes made
 * a block final. Cut out of what is kept anyway, so only for blocks that are not too old.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import type { VoteAggregate } from "#protocol/consensus/certificate.ts";
import { certifiableBlocks } from "#protocol/consensus/finality.ts";
import { type ElectorateProof, proveElectorate } from "#protocol/consensus/light-finality.ts";
import { heightOfEpoch, isSecondRound } from "#protocol/consensus/votes.ts";
import { decodeBlock } from "#protocol/ledger/block.ts";
import type { StateTree } from "#protocol/ledger/state-tree.ts";
import { putNewest } from "#protocol/newest.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Chain } from "./chain.ts";
import type { HeaderEntry } from "./header-index.ts";

/** Bounds of what is looked for. */
const proofBounds = {
  /** So many blocks are undone for a proof at most: as many as a tab can undo. */
  undoneBlocks: 1_000,
  /** A block that is final is shown to be so by one of the next blocks. */
  searchedBlocks: 2 * certifiableBlocks,
  /** Newcomers ask about the same few blocks. */
  remembered: 8,
  /** Blocks are undone for one proof at a time, so that the chain goes on between them; so many more may wait. */
  waiting: 16,
} as const;

/** The state after a block. The chain may move before it gets to undoing: then the block's root tells, and there is none. */
export async function stateAfter(chain: Chain, { height, header }: HeaderEntry): Promise<StateTree | null> {
  const state = await chain.stateAt(height);
  return state !== null && equalBytes(state.root(), header.stateRoot) ? state : null;
}

/** Proofs of finality from one chain. */
export class FinalityProofs {
  private readonly chain: Chain;
  private readonly electorates = new Map<string, Promise<ElectorateProof | null>>();
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(chain: Chain) {
    this.chain = chain;
  }

  /** Who votes after a block of our chain. */
  async electorate(block: Uint8Array): Promise<Result<ElectorateProof>> {
    const { reader, head } = this.chain;
    const entry = await reader.find(block);
    const lowest = Math.max(reader.kept.undoFrom - 1, head.height - proofBounds.undoneBlocks, 0);
    if (entry === undefined || entry.height < lowest || !(await reader.isOnChain(entry)))
      return rejected("not-found", "This node cannot show who voted after that block.");
    const name = toHex(block);
    const known = this.electorates.get(name) ?? this.proveInTurn(entry);
    if (known === null) return rejected("not-found", "This node proves too much to others just now; ask again.");
    putNewest(this.electorates, name, known, proofBounds.remembered);
    const proof = await known;
    if (proof !== null) return accepted(proof);
    this.electorates.delete(name);
    return rejected("not-found", "This node cannot go back to that block.");
  }

  /** Null if too many wait: whoever asks about one old block after the other shall not hold up the chain. */
  private proveInTurn(entry: HeaderEntry): Promise<ElectorateProof | null> | null {
    if (this.waiting > proofBounds.waiting) return null;
    this.waiting++;
    const proof = this.turn.then(() => this.prove(entry)).finally(() => this.waiting--);
    this.turn = proof.catch(() => null);
    return proof;
  }

  private async prove(entry: HeaderEntry): Promise<ElectorateProof | null> {
    const state = await stateAfter(this.chain, entry);
    return state === null ? null : proveElectorate(state);
  }

  /** The first votes on our chain that made a block final, or one above it; null while there are none. */
  async decision(block: Uint8Array): Promise<VoteAggregate | null> {
    const { reader, head, finality } = this.chain;
    const entry = await reader.find(block);
    if (entry === undefined || entry.height > finality.finalised.height || !(await reader.isOnChain(entry)))
      return null;
    const decides = ({ link }: VoteAggregate): boolean =>
      isSecondRound(link) && heightOfEpoch(link.target.epoch) >= entry.height;
    const to = Math.min(head.height, entry.height + proofBounds.searchedBlocks);
    for (let height = entry.height + 1; height <= to; height++) {
      const carrier = await reader.at(height);
      if (carrier === undefined || carrier.header.finality === null) continue;
      const bytes = await reader.body(carrier.hash);
      const decoded = bytes === undefined ? undefined : decodeBlock(bytes);
      const found = decoded?.ok ? decoded.value.certificate?.find(decides) : undefined;
      if (found !== undefined) return found;
    }
    const { finalisedBy } = finality.mark;
    return finalisedBy !== null && decides(finalisedBy) ? finalisedBy : null;
  }
}
