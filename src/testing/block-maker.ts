/**
 * Makes valid blocks on any block it made before, forks included: real work, real beacon proofs, real state roots. For
 * tests and benchmarks of the chain that need no network.
 * @module
 */
import { genesisBeaconValue, nextBeaconValue } from "#protocol/consensus/beacon.ts";
import { type Certificate, certificateHash } from "#protocol/consensus/certificate.ts";
import { genesisBlock } from "#protocol/consensus/genesis.ts";
import { type HeaderBody, headerHash, headerVersion, workHash, workPreimage } from "#protocol/consensus/header.ts";
import { meetsTarget } from "#protocol/consensus/work.ts";
import { vrfClaimedOutput, vrfProve, vrfPublicKey } from "#protocol/crypto/vrf.ts";
import { type BlockPlace, buildBody, type ExecutionContext } from "#protocol/ledger/apply.ts";
import { type Block, type BlockWork, encodeContents } from "#protocol/ledger/block.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { emptyStateTree, type StateTree } from "#protocol/ledger/state-tree.ts";
import { shredRootOf } from "#protocol/shreds/shreds.ts";
import { namesOf, type TestKey, testContext, testKey, unprovedWork } from "./ledger-fixtures.ts";

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
   * replace the right ones before the nonce is looked for. `work` is what a verifier that looks will look at.
   */
  make(
    parent: MadeBlock,
    transactions: readonly PreparedTransaction[] = [],
    proposer: TestKey = testKey(1),
    forged: Partial<HeaderBody> = {},
    work: BlockWork = unprovedWork,
    certificate: Certificate | null = null,
  ): MadeBlock {
    const { secret } = this.beaconKeyOf(proposer);
    const beacon = vrfProve(secret, parent.beaconValue);
    const place = { ...this.placeAfter(parent, proposer), beacon };
    const { height } = place;
    const body = buildBody(parent.state, place, transactions, this.context, certificate);
    const [skipped] = body.skipped;
    if (skipped !== undefined) throw new Error(`${skipped.refusal.code}: ${skipped.refusal.message}`);
    const contents = {
      transactions: body.transactions.map(({ transaction }) => transaction),
      work,
      certificate: body.certificate,
    };
    const header = {
      version: headerVersion,
      ...place,
      txRoot: body.txRoot,
      stateRoot: body.stateRoot,
      timeMs: parent.block.header.timeMs + intervalMs,
      target: this.context.parameters.initialTarget,
      ...namesOf(work),
      finality: body.certificate === null ? null : certificateHash(body.certificate),
      shreds: shredRootOf(encodeContents(contents)),
      ...forged,
    };
    const preimage = workPreimage(header);
    const nonce = this.findNonce(preimage, header.target);
    return {
      block: {
        header: { ...header, nonce },
        ...contents,
      },
      hash: workHash(preimage, nonce),
      height,
      state: body.state,
      beaconValue: nextBeaconValue(parent.beaconValue, vrfClaimedOutput(beacon) as Uint8Array),
    };
  }

  /** Where the next block on `parent` stands: what its work depends on. */
  placeAfter(parent: MadeBlock, proposer: TestKey = testKey(1)): BlockPlace {
    const { publicKey: beaconKey } = this.beaconKeyOf(proposer);
    return { parent: parent.hash, height: parent.height + 1, proposer: { keyHash: proposer.keyHash, beaconKey } };
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
