/**
 * Makes valid blocks on any block it made before, forks included: real work, real beacon proofs, real state roots. For
 * tests and benchmarks of the chain that need no network.
 * @module
 */
import { genesisBeaconValue, nextBeaconValue } from "#protocol/consensus/beacon.ts";
import { genesisBlock } from "#protocol/consensus/genesis.ts";
import { type HeaderBody, headerHash, headerVersion, workHash, workPreimage } from "#protocol/consensus/header.ts";
import { meetsTarget } from "#protocol/consensus/work.ts";
import { vrfClaimedOutput, vrfProve, vrfPublicKey } from "#protocol/crypto/vrf.ts";
import { buildBody, type ExecutionContext } from "#protocol/ledger/apply.ts";
import type { Block } from "#protocol/ledger/block.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { emptyStateTree, type StateTree } from "#protocol/ledger/state-tree.ts";
import { type TestKey, testContext, testKey } from "./ledger-fixtures.ts";

/** A block with what its children need. */
export interface MadeBlock {
  readonly block: Block;
  readonly hash: Uint8Array;
  readonly height: number;
  readonly state: StateTree;
  readonly beaconValue: Uint8Array;
}

/** Time between the blocks made here. */
const intervalMs = 10_000;

/** Finds a nonce; the pure one serves targets of a few tries. */
export type NonceFinder = (preimage: Uint8Array, target: Uint8Array) => bigint;

const countUp: NonceFinder = (preimage, target) => {
  let nonce = 0n;
  while (!meetsTarget(workHash(preimage, nonce), target)) nonce++;
  return nonce;
};

/** A maker of blocks for one network. */
export class BlockMaker {
  readonly genesis: MadeBlock;
  private readonly context: ExecutionContext;
  private readonly beaconKeys = new Map<TestKey, { secret: Uint8Array; publicKey: Uint8Array }>();

  private readonly findNonce: NonceFinder;

  constructor(context: ExecutionContext = testContext(), findNonce: NonceFinder = countUp) {
    this.context = context;
    this.findNonce = findNonce;
    const block = genesisBlock(context.parameters);
    const hash = headerHash(block.header);
    this.genesis = { block, hash, height: 0, state: emptyStateTree(), beaconValue: genesisBeaconValue(hash) };
  }

  /**
   * The next block on `parent`; everything given must be included. Another proposer makes another block. `forged` fields
   * replace the right ones before the work is done.
   */
  make(
    parent: MadeBlock,
    transactions: readonly PreparedTransaction[] = [],
    proposer: TestKey = testKey(1),
    forged: Partial<HeaderBody> = {},
  ): MadeBlock {
    const height = parent.height + 1;
    const { secret, publicKey } = this.beaconKeyOf(proposer);
    const place = { parent: parent.hash, height, proposer: { keyHash: proposer.keyHash, beaconKey: publicKey } };
    const body = buildBody(parent.state, place, transactions, this.context);
    const [skipped] = body.skipped;
    if (skipped !== undefined) throw new Error(`${skipped.refusal.code}: ${skipped.refusal.message}`);
    const beacon = vrfProve(secret, parent.beaconValue);
    const header = {
      version: headerVersion,
      ...place,
      txRoot: body.txRoot,
      stateRoot: body.stateRoot,
      timeMs: parent.block.header.timeMs + intervalMs,
      target: this.context.parameters.initialTarget,
      beacon,
      oracle: null,
      energy: null,
      finality: null,
      ...forged,
    };
    const preimage = workPreimage(header);
    const nonce = this.findNonce(preimage, header.target);
    return {
      block: { header: { ...header, nonce }, transactions: body.transactions.map(({ transaction }) => transaction) },
      hash: workHash(preimage, nonce),
      height,
      state: body.state,
      beaconValue: nextBeaconValue(parent.beaconValue, vrfClaimedOutput(beacon) as Uint8Array),
    };
  }

  /** A run of empty blocks on `parent`, oldest first. */
  run(parent: MadeBlock, count: number, proposer?: TestKey): readonly MadeBlock[] {
    const made: MadeBlock[] = [];
    for (let i = 0; i < count; i++) made.push(this.make(made.at(-1) ?? parent, [], proposer));
    return made;
  }

  private beaconKeyOf(key: TestKey) {
    const known = this.beaconKeys.get(key);
    if (known !== undefined) return known;
    const fresh = { secret: key.secret, publicKey: vrfPublicKey(key.secret) };
    this.beaconKeys.set(key, fresh);
    return fresh;
  }
}
