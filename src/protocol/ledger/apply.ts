/**
 * Executing a block: the one function from a state and a block to the next state. Pure and synchronous; signatures it
 * could not find in the cache are returned and must be verified before the result is used. Undoing is applying the
 * returned changes backwards.
 * @module
 */
import { bigEndian, equalBytes, toHex } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { amount, decode, encode } from "../codec/schema.ts";
import { type Certificate, checkCertificateName } from "../consensus/certificate.ts";
import { type ProposerStanding, standingOf } from "../consensus/contribution.ts";
import { type FinalityRecord, stepFinality } from "../consensus/finality.ts";
import { encodeHeader, type Proposer } from "../consensus/header.ts";
import {
  checkSample,
  checkWorkNames,
  proposerKeyOf,
  type SegmentClaim,
  segmentFor,
} from "../consensus/proof-of-compute.ts";
import type { BlsCheck } from "../crypto/bls-check.ts";
import type { SignatureCheck } from "../crypto/signature.ts";
import { vrfClaimedOutput } from "../crypto/vrf.ts";
import { limits, type NetworkParameters } from "../parameters.ts";
import { settleSegment } from "../programs/proof-queue.ts";
import { readRecentBlocks, recentBlockWrite } from "../programs/recent-blocks.ts";
import { stepDeal } from "../programs/storage-deals.ts";
import type { AssignedSegment } from "../proofs/segment-assignment.ts";
import { accepted, type Rejected, type Result, rejected } from "../result.ts";
import { checkShredRoot } from "../shreds/shreds.ts";
import { type Block, encodeContents } from "./block.ts";
import { burntNano, splitRevenue, subsidyNano } from "./fee.ts";
import { clearances, dueDeals, lapseMark } from "./lapse.ts";
import { StateOverlay } from "./overlay.ts";
import { type PreparedTransaction, prepareTransaction } from "./prepared.ts";
import type { SignatureCache } from "./signature-cache.ts";
import type { StateChange } from "./state.ts";
import { programValueKey, rememberedKey } from "./state-key.ts";
import type { StateTree } from "./state-tree.ts";
import { stakeOutput } from "./things.ts";
import { isRemembered, type OutPoint, outputKind } from "./transaction.ts";
import { rootOfLeafHashes } from "./transaction-tree.ts";
import { validateTransaction } from "./validation.ts";

/** State key of the treasury's balance. */
export const treasuryKey: Uint8Array = programValueKey("treasury", "balance");

/** State key of all coins in existence, the treasury's included. */
export const supplyKey: Uint8Array = programValueKey("coin", "supply");

/** Room a block keeps for its header and list heads. */
const headRoomBytes = limits.headerBytes + 16;

/** What execution depends on besides state and block. */
export interface ExecutionContext {
  readonly parameters: NetworkParameters;
  readonly networkId: Uint8Array;
  readonly signatures: SignatureCache;
}

/** Where a block stands, for rewards. */
export interface BlockPlace {
  readonly parent: Uint8Array;
  readonly height: number;
  readonly proposer: Proposer;
}

/** The same with what the block's storage audits are drawn by: the proposer's proof, which nobody can choose. */
export interface BodyPlace extends BlockPlace {
  readonly beacon: Uint8Array;
}

/** Signatures of one transaction that the cache does not know. */
export interface UnverifiedTransaction {
  readonly prepared: PreparedTransaction;
  readonly checks: readonly SignatureCheck[];
  readonly voteChecks: readonly BlsCheck[];
}

/** The outcome of a block. */
export interface AppliedBlock {
  readonly state: StateTree;
  readonly changes: readonly StateChange[];
  /** To be verified before this outcome counts. */
  readonly unverified: readonly UnverifiedTransaction[];
  /** The certificate's signatures, likewise. */
  readonly certificateChecks: readonly BlsCheck[];
  /** What the branch says of finality from here on. */
  readonly finality: FinalityRecord;
  /** The proof of compute, likewise to be verified. */
  readonly claim: SegmentClaim;
  readonly transactions: readonly PreparedTransaction[];
  readonly feesNano: bigint;
  readonly mintedNano: bigint;
  readonly burntNano: bigint;
  readonly gas: number;
}

/** A 64-bit value that a system program keeps; 0 where nothing stands. */
export function readAmount(value: Uint8Array | undefined): bigint {
  if (value === undefined) return 0n;
  const decoded = decode(amount, value, 16);
  if (!decoded.ok) throw new Error(`the state holds a broken amount: ${decoded.message}`);
  return decoded.value;
}

/** Running totals of a block under execution. */
class Execution {
  readonly overlay: StateOverlay;
  readonly included: PreparedTransaction[] = [];
  readonly unverified: UnverifiedTransaction[] = [];
  feesNano = 0n;
  burntNano = 0n;
  gas = 0;
  sizeBytes = headRoomBytes;
  freeBytes = 0;
  private readonly state: StateTree;
  private readonly place: BodyPlace;
  private readonly context: ExecutionContext;

  constructor(state: StateTree, place: BodyPlace, context: ExecutionContext) {
    this.state = state;
    this.place = place;
    this.context = context;
    this.overlay = new StateOverlay(state);
  }

  /** Executes one transaction; on refusal nothing of it remains. */
  add(prepared: PreparedTransaction): Rejected | null {
    const { parameters, networkId, signatures } = this.context;
    const { height } = this.place;
    const stampBits = parameters.freeLane.stampBits;
    const validated = validateTransaction(prepared, { parameters, networkId, height, stampBits, source: this.overlay });
    if (!validated.ok) return validated;
    const { transaction, bytes, id, leafHash } = prepared;
    const full = this.checkRoom(validated.value.gas, bytes.length, transaction.feeNano === 0n);
    if (full !== null) return full;
    const { effect } = validated.value;
    for (const taken of validated.value.inputs) {
      this.overlay.spend(taken.outPoint);
      const mark = lapseMark(taken);
      if (mark !== null) this.overlay.set(mark.key, null);
    }
    for (const [index, output] of transaction.outputs.entries()) {
      const made = { outPoint: { txId: id, index }, output, height };
      this.overlay.create(made);
      const mark = lapseMark(made);
      if (mark !== null) this.overlay.set(mark.key, mark.value);
    }
    if (isRemembered(transaction)) this.overlay.set(rememberedKey(id, transaction.expiry), new Uint8Array());
    const { signatureChecks: checks, voteChecks } = validated.value;
    if (checks.length + voteChecks.length > 0 && !signatures.has(leafHash)) {
      this.unverified.push({ prepared, checks, voteChecks });
    }
    this.included.push(prepared);
    this.feesNano += transaction.feeNano;
    for (const { key, value } of effect.writes) this.overlay.set(key, value);
    this.burntNano += effect.burntNano + burntNano(transaction.feeNano);
    return null;
  }

  /** Votes, deals, reward, treasury, supply, the proved segment and what goes because its time is over; then the next state. */
  finish(segment: AssignedSegment, certificate: Certificate | null): Result<Omit<AppliedBlock, "claim">> {
    const { parameters } = this.context;
    const { height, parent, proposer } = this.place;
    for (const { key, value } of clearances(this.state, height)) this.overlay.set(key, value);
    const mintedNano = subsidyNano(height, parameters);
    const paidFeesNano =
      this.feesNano - this.included.reduce((sum, { transaction }) => sum + burntNano(transaction.feeNano), 0n);
    const standing = standingOf(this.state, this.place, this.context);
    const revenueNano = mintedNano + paidFeesNano;
    const { proposerNano, votersNano, treasuryNano } = splitRevenue(revenueNano, standing, parameters);
    const voted = stepFinality(this.overlay, this.place, certificate, votersNano, this.context);
    if (!voted.ok) return voted;
    for (const { key, value } of voted.value.writes) this.overlay.set(key, value);
    this.burntNano += voted.value.burntNano;
    const foreign = this.stepDeals(standing);
    if (foreign !== null) return foreign;
    const earnedNano = proposerNano + this.settle(segment);
    if (earnedNano > 0n) this.createCoin({ txId: rewardId(parent, height), index: 0 }, earnedNano, proposer.keyHash);
    this.remember(segment, standing);
    this.adjust(treasuryKey, treasuryNano + votersNano - voted.value.paidNano);
    this.adjust(supplyKey, mintedNano + voted.value.mintedNano - this.burntNano);
    if (height === 1) this.createGenesisStakes();
    const changes = this.overlay.changes();
    const { feesNano, gas, unverified, included } = this;
    return accepted({
      state: this.state.applyChanges(changes),
      changes,
      unverified,
      certificateChecks: voted.value.checks,
      finality: voted.value.record,
      transactions: included,
      feesNano,
      mintedNano: mintedNano + voted.value.mintedNano,
      burntNano: this.burntNano,
      gas,
    });
  }

  /** The first block gives the network's first voters the outputs by which they can leave. */
  private createGenesisStakes(): void {
    for (const { key, owner } of this.context.parameters.genesis.voters) {
      const output = stakeOutput({ key }, { type: "key", keyHash: owner });
      this.overlay.create({ outPoint: { txId: genesisStakeId(key), index: 0 }, output, height: 1 });
    }
  }

  /** Marks the segment that the block proves; gives what its job pays for it. */
  private settle({ jobId, index }: AssignedSegment): bigint {
    if (jobId === null) return 0n;
    const { writes, earnedNano } = settleSegment(this.overlay, jobId, index);
    for (const { key, value } of writes) this.overlay.set(key, value);
    return earnedNano;
  }

  /** What becomes of the storage deals whose time has come. No transaction in the block can have touched any of them. */
  private stepDeals({ stakeNano }: Pick<ProposerStanding, "stakeNano">): Rejected | null {
    const { height, beacon } = this.place;
    const keys = dueDeals(this.state, height, stakeNano > 0n || this.isDrought());
    if (keys.length === 0) return null;
    const vrfOutput = vrfClaimedOutput(beacon);
    if (vrfOutput === null) return rejected("wrong-beacon", "The beacon proof, by which audits are drawn, is none.");
    for (const key of keys) {
      const step = stepDeal(this.overlay, key, { height, vrfOutput }, this.context.parameters);
      for (const { key: changed, value } of step.writes) this.overlay.set(changed, value);
      for (const { txId, index, keyHash, amountNano } of step.payments) {
        this.createCoin({ txId, index }, amountNano, keyHash);
      }
      this.burntNano += step.burntNano;
    }
    return null;
  }

  /** Whether no bonded proposer has made a block for so long that anybody's draw is better than none. */
  private isDrought(): boolean {
    const { recentBlocks, storage } = this.context.parameters;
    const newest = readRecentBlocks(this.state, this.place.height, recentBlocks, storage.bondedDrawBlocks);
    return newest.every(({ bonded }) => !bonded);
  }

  private createCoin(outPoint: OutPoint, amountNano: bigint, keyHash: Uint8Array): void {
    const output = { kind: outputKind.coin, amount: amountNano, lock: { type: "key" as const, keyHash } };
    this.overlay.create({ outPoint, output: { ...output, data: new Uint8Array() }, height: this.place.height });
  }

  /** Leaves in the state who proposed the block, whether with a stake, and whether it proved somebody's segment. */
  private remember({ jobId }: AssignedSegment, { stakeNano }: Pick<ProposerStanding, "stakeNano">): void {
    const { height, proposer } = this.place;
    const block = { height, proposer: proposerKeyOf(proposer), provedJob: jobId !== null, bonded: stakeNano > 0n };
    const { key, value } = recentBlockWrite(block, this.context.parameters.recentBlocks);
    this.overlay.set(key, value);
  }

  private adjust(key: Uint8Array, byNano: bigint): void {
    if (byNano !== 0n) this.overlay.set(key, encode(amount, readAmount(this.overlay.get(key)) + byNano));
  }

  private checkRoom(gas: number, sizeBytes: number, free: boolean): Rejected | null {
    const { blockGas, freeLane } = this.context.parameters;
    if (this.gas + gas > blockGas) return rejected("gas-exceeded", `A block holds at most ${blockGas} gas.`);
    if (this.sizeBytes + sizeBytes > limits.blockBytes) return rejected("block-too-large", "The block is full.");
    const freeLaneBytes = (limits.blockBytes * freeLane.maximumPercent) / 100;
    if (free && this.freeBytes + sizeBytes > freeLaneBytes)
      return rejected("lane-full", "The free lane of the block is full.");
    this.gas += gas;
    this.sizeBytes += sizeBytes;
    if (free) this.freeBytes += sizeBytes;
    return null;
  }
}

/** Names the reward of a block; no transaction can have this id, its domain differs. */
export function rewardId(parent: Uint8Array, height: number): Uint8Array {
  return taggedHash("aether/reward/1", parent, bigEndian(height, 8));
}

/** Names the stake of a voter that the network begins with. */
function genesisStakeId(key: Uint8Array): Uint8Array {
  return taggedHash("aether/reward/1", key);
}

/**
 * Applies a block to its parent's state. Checks everything about the body; the header's own rules are in consensus/.
 * `prepared` spares encoding again when the caller has the transactions' bytes.
 */
export function applyBlock(
  state: StateTree,
  block: Block,
  context: ExecutionContext,
  prepared: readonly PreparedTransaction[] = block.transactions.map((transaction) => prepareTransaction(transaction)),
): Result<AppliedBlock> {
  const { header } = block;
  if (encodeHeader(header).length > limits.headerBytes) return rejected("block-too-large", "The header is too large.");
  const { work } = block;
  const foreign = checkWorkNames(header, work) ?? checkCertificateName(header, block.certificate);
  if (foreign !== null || work === null) return foreign ?? rejected("wrong-work", "The block carries no proof.");
  const txRoot = rootOfLeafHashes(prepared.map(({ leafHash }) => leafHash));
  if (!equalBytes(txRoot, header.txRoot)) {
    return rejected("wrong-transaction-root", "The transactions are not those the header names.");
  }
  // Once the contents are known to be those that the header names, other shreds are its proposer's doing.
  const misnamed = checkShredRoot(header.shreds, encodeContents(block));
  if (misnamed !== null) return misnamed;
  const badSample = checkSample(header, work, context.parameters);
  if (badSample !== null) return badSample;
  const execution = new Execution(state, header, context);
  for (const [index, transaction] of prepared.entries()) {
    const refusal = execution.add(transaction);
    if (refusal !== null) return { ...refusal, context: { ...refusal.context, transactionIndex: index } };
  }
  const claim = { ...segmentFor(state, header), proof: work.proof };
  const finished = execution.finish(claim.segment, block.certificate);
  if (!finished.ok) return finished;
  const applied = finished.value;
  if (!equalBytes(applied.state.root(), header.stateRoot)) {
    return rejected("wrong-state-root", "The state after the block is not the one the header names.");
  }
  return accepted({ ...applied, claim });
}

/** What a producer puts under a header. */
export interface BlockBody extends Omit<AppliedBlock, "claim"> {
  readonly txRoot: Uint8Array;
  readonly stateRoot: Uint8Array;
  /** The certificate given; null if it does not fit here (any more). */
  readonly certificate: Certificate | null;
  /** Candidates that could not be included, and why. */
  readonly skipped: readonly { readonly prepared: PreparedTransaction; readonly refusal: Rejected }[];
}

/** Whether a transaction was refused only because the block (or its free lane) is full: a later one may take it. */
export function lacksRoom({ code }: Rejected): boolean {
  return code === "gas-exceeded" || code === "block-too-large" || code === "lane-full";
}

/** So many candidates in a row without room end a body: the pool may hold fifty blocks' worth, and each look costs. */
const mostWithoutRoom = 64;

/**
 * Builds the body of a block from candidates in the order given (parents first), leaving out what does not apply. What
 * builds on a candidate without room waits with it.
 */
export function buildBody(
  state: StateTree,
  place: BodyPlace,
  candidates: Iterable<PreparedTransaction>,
  context: ExecutionContext,
  certificate: Certificate | null = null,
): BlockBody {
  const execution = new Execution(state, place, context);
  const skipped: { prepared: PreparedTransaction; refusal: Rejected }[] = [];
  const waiting = new Map<string, Rejected>();
  let withoutRoom = 0;
  for (const prepared of candidates) {
    const refusal = waitsFor(prepared, waiting) ?? execution.add(prepared);
    withoutRoom = refusal !== null && lacksRoom(refusal) ? withoutRoom + 1 : 0;
    if (refusal === null) continue;
    skipped.push({ prepared, refusal });
    if (lacksRoom(refusal)) waiting.set(toHex(prepared.id), refusal);
    if (withoutRoom === mostWithoutRoom) break;
  }
  const { segment } = segmentFor(state, place);
  const voted = execution.finish(segment, certificate);
  const applied = voted.ok ? voted : execution.finish(segment, null);
  if (!applied.ok) throw new Error(`a block without votes was refused: ${applied.message}`);
  const txRoot = rootOfLeafHashes(applied.value.transactions.map(({ leafHash }) => leafHash));
  return {
    ...applied.value,
    certificate: voted.ok ? certificate : null,
    txRoot,
    stateRoot: applied.value.state.root(),
    skipped,
  };
}

function waitsFor({ transaction }: PreparedTransaction, waiting: ReadonlyMap<string, Rejected>): Rejected | null {
  if (waiting.size === 0) return null;
  for (const { txId } of [...transaction.inputs, ...transaction.reads]) {
    const refusal = waiting.get(toHex(txId));
    if (refusal !== undefined) return refusal;
  }
  return null;
}
