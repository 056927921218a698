/**
 * Builders of valid keys, transactions and blocks for tests: real signatures, real roots, nothing pretended.
 * @module
 */
import { bigEndian } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { encodeEnergySample, energySampleHash, energySampleVersion } from "#protocol/consensus/energy-sample.ts";
import { genesisBlock, networkIdOf } from "#protocol/consensus/genesis.ts";
import type { Header } from "#protocol/consensus/header.ts";
import { oracleHash } from "#protocol/consensus/proof-of-compute.ts";
import { keyHashOf, publicKeyOf, signDigest } from "#protocol/crypto/signature.ts";
import { vrfProve } from "#protocol/crypto/vrf.ts";
import { applyBlock, type BlockBody, buildBody, type ExecutionContext, rewardId } from "#protocol/ledger/apply.ts";
import { type Block, type BlockWork, encodeContents } from "#protocol/ledger/block.ts";
import { type Command, commitCommand } from "#protocol/ledger/command.ts";
import type { Lock } from "#protocol/ledger/lock.ts";
import { type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import { searchStamp } from "#protocol/ledger/stamp.ts";
import { emptyStateTree, type StateTree } from "#protocol/ledger/state-tree.ts";
import { rotationDigest } from "#protocol/ledger/succession.ts";
import { type OutPoint, type Output, type TransactionBody, transactionId } from "#protocol/ledger/transaction.ts";
import { dev, type NetworkParameters } from "#protocol/parameters.ts";
import { assemble } from "#protocol/proofs/machine/assembler.ts";
import { accepted } from "#protocol/result.ts";
import { shredRootOf } from "#protocol/shreds/shreds.ts";
import type { Signer } from "#wallet/build.ts";

/** The development network with work so easy that a test mines in microseconds: any spins do as a sample. */
export const testParameters: NetworkParameters = {
  ...dev,
  initialTarget: new Uint8Array(32).fill(0xff, 1).fill(0x0f, 0, 1),
  freeLane: { maximumPercent: 10, stampBits: 4 },
  energy: { bar: 512, draws: 1 },
};

/** Work of a block whose proof nobody verifies: the ledger leaves that to its caller. */
export const unprovedWork: BlockWork = {
  proof: Uint8Array.of(1),
  sample: encodeEnergySample({ version: energySampleVersion, draw: 0, spins: new Uint8Array(32) }),
};

/** The header fields that name some work. */
export function namesOf(work: BlockWork): { oracle: Uint8Array; energy: Uint8Array } {
  return { oracle: oracleHash(work.proof), energy: energySampleHash(work.sample) };
}

/** Its id. */
export const testNetworkId: Uint8Array = networkIdOf(testParameters);

/** Rules and the name that follows from them. */
export interface FixtureNetwork {
  readonly parameters: NetworkParameters;
  readonly networkId: Uint8Array;
}

/** The test network; builders make things for it unless they are told another. */
export const testNetwork: FixtureNetwork = { parameters: testParameters, networkId: testNetworkId };

/** A signing key with what is derived from it. */
export interface TestKey {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly lock: Lock;
}

/** Key number `n`, always the same. */
export function testKey(n: number): TestKey {
  const secret = sha256(bigEndian(n + 1, 8));
  const publicKey = publicKeyOf(secret);
  const keyHash = keyHashOf(publicKey);
  return { secret, publicKey, keyHash, lock: { type: "key", keyHash } };
}

/** A coin output. */
export function coin(amount: bigint, lock: Lock): Output {
  return { kind: 0, amount, lock, data: new Uint8Array() };
}

/** A body with everything filled in but what the test is about. */
export function bodyOf(changes: Partial<TransactionBody>): TransactionBody {
  const command: Command = changes.command ?? { type: "coin.pay", memo: new Uint8Array() };
  return {
    version: 1,
    network: testNetworkId,
    inputs: [],
    reads: [],
    outputs: [],
    command,
    feeNano: 10_000n,
    expiry: 1_000,
    nonce: 1n,
    commitment: commitCommand(command),
    ...changes,
  };
}

/** Signs every input with one key. */
export function signed(body: TransactionBody, key: TestKey): PreparedTransaction {
  const signature = signDigest(transactionId(body), key.secret);
  const witness = { preimage: null, signatures: [{ publicKey: key.publicKey, signature }] };
  return prepareTransaction({ ...body, stamp: null, witnesses: body.inputs.map(() => witness) });
}

/** Puts a stamp of the test network's strength on an unsigned, free body. */
export function stamped(body: TransactionBody, bits: number = testParameters.freeLane.stampBits): PreparedTransaction {
  const stamp = searchStamp(transactionId(body), bits, 0, 1 << 24);
  return prepareTransaction({ ...body, stamp, witnesses: [] });
}

/** Signs plans as the owner of a key does, with stamps of the test network's strength. */
export function signerOf(key: TestKey): Signer {
  return {
    publicKey: key.publicKey,
    sign: (id) => Promise.resolve(accepted(signDigest(id, key.secret))),
    stamp: (id) =>
      Promise.resolve(accepted(searchStamp(id, testParameters.freeLane.stampBits, 0, 1 << 24) as Uint8Array)),
  };
}

/** A free request for coins. */
export function requestOf(
  key: TestKey,
  nonce: bigint,
  amountNano = 1_000n,
  { networkId: network }: FixtureNetwork = testNetwork,
): PreparedTransaction {
  const command: Command = { type: "coin.request", amountNano, keyHash: key.keyHash, memo: new Uint8Array() };
  return stamped(bodyOf({ network, command, commitment: commitCommand(command), feeNano: 0n, nonce }));
}

/** A payment of one coin to one lock. */
export function payment(
  from: TestKey,
  input: OutPoint,
  holdsNano: bigint,
  to: Lock,
  feeNano = 10_000n,
  nonce = 1n,
  { networkId: network }: FixtureNetwork = testNetwork,
): PreparedTransaction {
  return signed(bodyOf({ network, inputs: [input], outputs: [coin(holdsNano - feeNano, to)], feeNano, nonce }), from);
}

/** Counts down from its input, two steps a round, and then halts. */
const countdown = wordsOf("lw r1, 0(r0)\n li r2, 1\nloop: sub r1, r1, r2\n bne r1, r0, loop\n halt");

function wordsOf(source: string): readonly number[] {
  const assembled = assemble(source);
  if (!assembled.ok) throw new Error(assembled.message);
  return [...assembled.value.program.subarray(0, assembled.value.length)];
}

/** Has a countdown of so many segments proved, paid from one coin. */
export function jobPost(
  from: TestKey,
  input: OutPoint,
  holdsNano: bigint,
  { segments = 1, segmentFeeNano = testParameters.proofs.leastSegmentFeeNano, feeNano = 200_000n } = {},
  { networkId: network }: FixtureNetwork = testNetwork,
): PreparedTransaction {
  const job = { program: countdown, input: [1 + 32 * (segments - 1)], segments, segmentFeeNano };
  const command: Command = { type: "proof.post", ...job };
  const left = holdsNano - feeNano - segmentFeeNano * BigInt(segments);
  const outputs = left > 0n ? [coin(left, from.lock)] : [];
  const commitment = commitCommand(command);
  return signed(bodyOf({ network, inputs: [input], outputs, command, commitment, feeNano }), from);
}

/** Context of execution with a fresh cache. */
export function testContext({ parameters, networkId }: FixtureNetwork = testNetwork): ExecutionContext {
  return { parameters, networkId, signatures: new SignatureCache() };
}

const beacons: Uint8Array[] = [];

/** A real proof. Five take turns: making one takes longer than a block, and audits a few blocks apart are to draw by different ones. */
function beaconAt(height: number): Uint8Array {
  const turn = height % 5;
  beacons[turn] ??= vrfProve(sha256(Uint8Array.of(1)), Uint8Array.of(turn));
  return beacons[turn];
}

/** A chain of bodies without mined headers: for tests of the ledger alone. */
export class TestLedger {
  state: StateTree = emptyStateTree();
  readonly blocks: Block[] = [];
  readonly context: ExecutionContext;
  private parent: Header;

  constructor(network: FixtureNetwork = testNetwork) {
    this.context = testContext(network);
    this.parent = genesisBlock(network.parameters).header;
  }

  /** Height of the next block. */
  get height(): number {
    return this.parent.height + 1;
  }

  /** Builds the next block for a proposer without applying it. */
  build(proposer: TestKey, candidates: readonly PreparedTransaction[] = []): { block: Block; body: BlockBody } {
    const place = {
      parent: sha256(bigEndian(this.height, 8)),
      height: this.height,
      proposer: { keyHash: proposer.keyHash, beaconKey: new Uint8Array(32) },
      beacon: beaconAt(this.height),
    };
    const body = buildBody(this.state, place, candidates, this.context);
    const roots = { txRoot: body.txRoot, stateRoot: body.stateRoot };
    const header: Header = { ...this.parent, ...place, ...roots, ...namesOf(unprovedWork) };
    const transactions = body.transactions.map(({ transaction }) => transaction);
    const contents = { transactions, work: unprovedWork, certificate: null };
    return {
      block: { header: { ...header, finality: null, shreds: shredRootOf(encodeContents(contents)) }, ...contents },
      body,
    };
  }

  /** Builds and applies; everything given must be included. Returns the outpoint of the reward. */
  mine(proposer: TestKey, candidates: readonly PreparedTransaction[] = []): OutPoint {
    const { block, body } = this.build(proposer, candidates);
    const [skipped] = body.skipped;
    if (skipped !== undefined) throw new Error(`${skipped.refusal.code}: ${skipped.refusal.message}`);
    const applied = applyBlock(this.state, block, this.context);
    if (!applied.ok) throw new Error(`${applied.code}: ${applied.message}`);
    this.state = applied.value.state;
    this.parent = block.header;
    this.blocks.push(block);
    return { txId: rewardId(block.header.parent, block.header.height), index: 0 };
  }
}

/** What the proposer of the first block earns, who has bonded nothing: half of 70 % of the subsidy. */
export const firstRewardNano = 2_800_000_000n;

/** One key takes over from another: stamped, or paid with a coin of the previous key, whose change the next one gets. */
export function rotation(
  previous: TestKey,
  next: TestKey,
  {
    nonce = 1n,
    expiry = 1_000,
    paidWith,
    signers = [previous, next],
  }: {
    readonly nonce?: bigint;
    readonly expiry?: number;
    readonly paidWith?: { readonly input: OutPoint; readonly holdsNano: bigint; readonly feeNano?: bigint };
    /** Who signs for the previous key and for the next one. */
    readonly signers?: readonly [TestKey, TestKey];
  } = {},
  { networkId: network }: FixtureNetwork = testNetwork,
): PreparedTransaction {
  const keys = { previous: previous.publicKey, next: next.publicKey };
  const digest = rotationDigest(network, { ...keys, expiry });
  const [previousSignature, nextSignature] = signers.map(({ secret }) => signDigest(digest, secret));
  const command = { type: "did.rotate", ...keys, previousSignature, nextSignature } as Command;
  const body = bodyOf({ network, command, commitment: commitCommand(command), nonce, expiry, feeNano: 0n });
  if (paidWith === undefined) return stamped(body);
  const { input, holdsNano, feeNano = 10_000n } = paidWith;
  return signed({ ...body, inputs: [input], outputs: [coin(holdsNano - feeNano, next.lock)], feeNano }, previous);
}
