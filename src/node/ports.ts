/**
 * The ports of the node: everything it needs from the world arrives through these interfaces. Adapters live in
 * platform/ (browser, Node, memory) and testing/ (simulated); one contract suite per port holds all of them.
 * @module
 */

import type { BeaconCheck } from "#protocol/consensus/validate-header.ts";
import type { BlsVerifier } from "#protocol/crypto/bls-check.ts";
import type {
  IsingInstance,
  SamplerDescription,
  SamplerHealth,
  SamplingSchedule,
  SpinBlock,
} from "#protocol/hardware/ising.ts";
import type { ProofClaim } from "#protocol/proofs/groth16.ts";
import type { StepStatement, StepWitness } from "#protocol/proofs/step-statement.ts";
import type { Rejected, Result } from "#protocol/result.ts";
import type { IpfsPeer } from "#sdk/ipfs.ts";
import type { Traffic } from "#sdk/resources.ts";

export type { BeaconCheck } from "#protocol/consensus/validate-header.ts";
export type { BlsAggregator, BlsVerifier } from "#protocol/crypto/bls-check.ts";
export type { SignatureVerifier } from "#protocol/crypto/signature.ts";

/** Time. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
  /** Calls `action` once after `delayMs`; the returned function cancels it. */
  schedule(delayMs: number, action: () => void): () => void;
}

/** Cryptographically strong randomness of the platform. */
export interface Entropy {
  bytes(length: number): Uint8Array;
}

/** One line of structured log. Adapters decide where it goes; secrets never get here. */
export interface LogRecord {
  readonly level: "debug" | "info" | "warning" | "error";
  /** Which part speaks, e.g. `sync`. */
  readonly source: string;
  readonly message: string;
  readonly context?: Readonly<Record<string, string | number | boolean>>;
}

/** Where log lines go. */
export type Log = (record: LogRecord) => void;

/** Tables of a node's database. Keys and values are bytes; keys sort lexicographically. */
export const tables = [
  /** Single values by name: head, schema version. */
  "meta",
  /** Block hash → header and its chain data. */
  "headers",
  /** Block hash → encoded block. */
  "bodies",
  /** Block hash → changes that undo it. */
  "undo",
  /** Side (1 byte) and height (7 bytes, big-endian) → hash of the canonical block there. */
  "canonical",
  /** State key → value: the leaves of the state tree at the head. */
  "state",
  /** Transaction id → block hash and place; place key of a proved segment → block hash and segment, and the way back. */
  "transactions",
  /** Transaction id → transaction waiting in the pool. */
  "pool",
  /** Peer id → addresses and standing. */
  "peers",
  /** Like `state`: leaves of a snapshot while it is fetched, and of the state itself once it was taken over. */
  "spare",
  /** Kind of row and its key → messages of this node's people, messages it keeps for others, signed keys. Outlives the chain. */
  "mail",
  /** Kind of row and digest → a block of a file, or what is known of it. Outlives the chain. */
  "files",
  /** Kind of row, document and chain → updates of documents, sealed, and what is known of them. Outlives the chain. */
  "documents",
] as const;

/** Name of a table. */
export type Table = (typeof tables)[number];

/** One write: a value, or null to delete. */
export interface Write {
  readonly table: Table;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** A key with its value. */
export type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** Half-open range of keys `[from, to)` in ascending order, or descending when `reverse`; at most `limit` entries. */
export interface Range {
  readonly from?: Uint8Array;
  readonly to?: Uint8Array;
  readonly limit: number;
  readonly reverse?: boolean;
}

/** Why a database operation failed; thrown by adapters as {@link StorageFailure} because only the platform causes it. */
export type StorageFailureCode = "storage-full" | "storage-corrupt" | "storage-unavailable";

/** The one error class that may cross the store port. */
export class StorageFailure extends Error {
  readonly code: StorageFailureCode;

  constructor(code: StorageFailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageFailure";
    this.code = code;
  }
}

/** An ordered, durable, transactional store of bytes. */
export interface Store {
  get(table: Table, key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Values in the order of `keys`. */
  getMany(table: Table, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]>;
  range(table: Table, range: Range): Promise<readonly Entry[]>;
  /**
   * Writes all or nothing; resolves only after the writes are durable (they survive a kill of the process).
   * Of two writes to one key the later wins. @throws StorageFailure; then nothing of the batch is there.
   */
  commit(writes: readonly Write[]): Promise<void>;
  /** Deletes everything in some tables (in all, if none are named), atomically. */
  clear(...names: readonly Table[]): Promise<void>;
  close(): Promise<void>;
}

/** Gossip topics; the adapter puts the network's prefix before them. */
export const topics = ["transaction", "block", "vote"] as const;

/** Name of a gossip topic. */
export type Topic = (typeof topics)[number];

/** Request–response protocols over our own streams; the name is the one on the wire. */
export const protocols = {
  sync: "/aether/sync/1",
  message: "/aether/message/1",
  pair: "/aether/pair/1",
  deviceSync: "/aether/device-sync/1",
  block: "/aether/block/1",
  document: "/aether/document/1",
  shred: "/aether/shred/1",
} as const;

/** Name of a stream protocol. */
export type Protocol = (typeof protocols)[keyof typeof protocols];

/** A peer that has proved itself alive on its connection. */
export interface PeerInfo {
  /** Printable peer id. */
  readonly id: string;
  /** `webrtc` (direct between tabs), `websocket` (to a seed), `webrtc-direct`, `relay` (limited), `memory` (simulator). */
  readonly transport: "webrtc" | "webrtc-direct" | "websocket" | "relay" | "memory";
  /** False for a connection that runs through a relay. */
  readonly direct: boolean;
  readonly direction: "inbound" | "outbound";
  /** Round trip of the newest echo in milliseconds; null before the first. */
  readonly latencyMs: number | null;
  /** Whether it is a seed (from the bootstrap answer). */
  readonly seed: boolean;
  readonly address: string;
  readonly connectedAtMs: number;
  /** How late the peer says its own timers are, as those of a hidden tab; null while it has not said. */
  readonly timerDriftMs: number | null;
}

/** Timers later than this make a node slow: nobody should wait for it. */
export const slowDriftMs = 1_000;

/** What becomes of a gossip message: passed on, dropped in silence, or dropped with a penalty for who sent it. */
export type GossipVerdict = "accept" | "ignore" | "reject";

/** What the node tells a network adapter to call. */
export interface NetworkHandlers {
  /** Validates a message **before** it is forwarded. */
  onGossip(peerId: string, topic: Topic, message: Uint8Array): Promise<GossipVerdict>;
  /** Answers a request. A rejection is sent back as its code and message. */
  onRequest(peerId: string, protocol: Protocol, request: Uint8Array): Promise<Result<Uint8Array>>;
  /** How many bytes some blocks have that anybody may have, by their SHA-256; null for any other. Absent: none may. */
  onPublicHave?(digests: readonly Uint8Array[]): Promise<readonly (number | null)[]>;
  /** Gives a block that anybody may have. */
  onPublicWant?(digest: Uint8Array): Promise<Result<Uint8Array>>;
  onPeerConnected(peer: PeerInfo): void;
  onPeerDisconnected(peerId: string): void;
}

/** Bounds of one request. */
export interface RequestLimits {
  readonly timeoutMs: number;
  /** A longer answer is cut off and refused. */
  readonly maximumResponseBytes: number;
}

/** Nodes of IPFS that a network is connected with. */
export interface IpfsNetwork {
  peers(): Promise<readonly IpfsPeer[]>;
  /** Connects one by its multiaddress. */
  connect(address: string): Promise<Result<IpfsPeer>>;
  /** Asks those that were connected for a block by its CID's bytes, and checks it. */
  fetch(cid: Uint8Array): Promise<Result<Uint8Array>>;
}

/** Messages between nodes. Connecting, discovery, relaying and echo checks are the adapter's own business. */
export interface Network {
  /** Nodes of IPFS, which are no peers; absent where there is no way to them. */
  readonly ipfs?: IpfsNetwork;
  /** Our own peer id; known after `start`. */
  selfId(): string;
  start(handlers: NetworkHandlers): Promise<void>;
  stop(): Promise<void>;
  /** Verified peers only. */
  peers(): readonly PeerInfo[];
  /** Sends to the topic's mesh; resolves to the number of peers it went to. */
  publish(topic: Topic, message: Uint8Array): Promise<number>;
  /** Connects a certain peer, if it is not yet; accepted once it can be asked. */
  reach(peerId: string): Promise<Result<null>>;
  request(peerId: string, protocol: Protocol, request: Uint8Array, limits: RequestLimits): Promise<Result<Uint8Array>>;
  /** Closes the connection and refuses new ones for `durationMs`. */
  ban(peerId: string, durationMs: number, reason: string): void;
  /** How late our own timers are; peers are told. */
  timerDriftMs(): number;
  /** What went and came over all streams with peers. */
  traffic(): Traffic;
}

/** A nonce search in progress. */
export interface NonceSearchJob {
  /** The nonce found, or null if cancelled. */
  readonly result: Promise<bigint | null>;
  cancel(): void;
}

/** Finds nonces on threads of its own. */
export interface NonceSearch {
  /**
   * Starts searching `SHA-256(preimage ‖ nonce) ≤ target`; `preimage` is 64 bytes, `target` 32 bytes big-endian. It keeps
   * to the share of the processor that making blocks may take, unless it is `at-once`: for what takes milliseconds.
   */
  start(preimage: Uint8Array, target: Uint8Array, firstNonce: bigint, pace?: "at-once"): NonceSearchJob;
  /** Hashes per second of the newest finished second; 0 when idle. */
  hashesPerSecond(): number;
  /** Threads that a search runs on. */
  threads(): number;
}

/** How much of each thread's time making blocks may take now. */
export interface ComputeShare {
  /** From 0 (paused) to 1. */
  share(): number;
  /** Hears of every change; the returned function ends it. */
  onChange(listener: () => void): () => void;
}

/** Checks beacon proofs (ECVRF) in batches, off the calling thread if it can. */
export interface BeaconVerifier {
  /** Whether each proof is good. */
  verifyBatch(checks: readonly BeaconCheck[]): Promise<readonly boolean[]>;
}

/** Checks proofs of compute in batches, off the calling thread if it can. */
export interface SegmentVerifier {
  /** Whether each proof proves what is claimed. */
  verifyBatch(claims: readonly ProofClaim[]): Promise<readonly boolean[]>;
}

/** BLS12-381 signatures of voters: made one by one, added up, and checked in batches, off the calling thread if it can. */
export interface VoteSignatures extends BlsVerifier {
  /** Makes 32 random bytes a secret. */
  secretFrom(entropy: Uint8Array): Uint8Array;
  /** Compressed public key, 48 bytes, of a secret. */
  keyOf(secret: Uint8Array): Uint8Array;
  /** Signature of a 32-byte digest, 96 bytes. */
  sign(secret: Uint8Array, digest: Uint8Array): Promise<Uint8Array>;
  /** One signature for many, each of which is known to be good. */
  aggregate(signatures: readonly Uint8Array[]): Promise<Uint8Array>;
}

/** Draws samples of Ising instances: a thermodynamic sampling unit or its emulation. One run at a time. */
export interface Sampler {
  describe(): SamplerDescription;
  /** Loads the instance that the next runs sample. */
  program(instance: IsingInstance): Promise<Result<null>>;
  /** Starts a run; a refusal is its last item. Ending the iteration early stops the device. */
  sample(schedule: SamplingSchedule): AsyncIterable<Result<SpinBlock>>;
  health(): Promise<Result<SamplerHealth>>;
  close(): Promise<void>;
}

/** A sampler that somebody can unplug. */
export interface DeviceSampler extends Sampler {
  /** Resolves when the connection is over, with the reason. */
  readonly ended: Promise<Rejected>;
}

/** Keeps work to its share of the time. */
export interface Pace {
  /** Rests after a piece of work that took so long; while the share is 0, waits. */
  rest(tookMs: number): Promise<void>;
}

/** The sampler of blocks: what it holds can be let go while no blocks are made, and a unit that is no good can be replaced. */
export interface BlockSampler extends Sampler {
  /** Ends its threads at once; the next use starts them again. */
  release?(): void;
  /** Takes a lent device out for good, with the reason in words for the user; false if there was none. */
  takeOut?(reason: string): boolean;
}

/** What a prover is doing now. */
export interface ProvingProgress {
  /** `load` fetches the circuit's files, `expand` makes the key ready (once per device), then witness and proof. */
  readonly stage: "load" | "expand" | "witness" | "prove";
  /** Share of the stage that is done, 0 to 1. */
  readonly share: number;
}

/** A proof in the making. */
export interface ProvingJob {
  /** The 128 bytes of the proof, verified; or why there is none: nothing is lost but time, and it may be tried again. */
  readonly result: Promise<Result<Uint8Array>>;
  /** Ends it at once, whatever it is doing; the result is then refused as `cancelled`. */
  cancel(): void;
}

/** Proves segments of the Veil machine on a thread of its own, one at a time. */
export interface SegmentProver {
  /** Starts a proof of a true statement. Refused with `rate-limited` while another is being made. */
  start(statement: StepStatement, witness: StepWitness, onProgress: (progress: ProvingProgress) => void): ProvingJob;
}
