/**
 * The typed message contract between an interface (shell, page, JSON-RPC) and a node and its vault. Everything in here
 * survives structured cloning. The shell knows a node only through this file.
 * @module
 */
import type { Result } from "#protocol/result.ts";
import type { BudgetVaultRequests } from "./budgets.ts";
import type { ActivityView, ComputeCaps, ComputePause, WorkView } from "./compute.ts";
import type { CredentialVaultRequests } from "./credentials.ts";
import type { DeviceKnockEvent, DeviceSyncNodeRequests, DeviceSyncVaultRequests } from "./device-sync.ts";
import type { DocumentEvent, DocumentRequests, DocumentVaultRequests } from "./documents.ts";
import type { FileRequests, FileVaultRequests } from "./files.ts";
import type { FinalityRequests } from "./finality.ts";
import type { IdentityRequests, RotationVaultRequests } from "./identity.ts";
import type { IpfsRequests } from "./ipfs.ts";
import type { MailRequests, MailVaultRequests } from "./mail.ts";
import type { MemoryRequests } from "./memory.ts";
import type { PairingNodeRequests, PairingVaultRequests } from "./pairing.ts";
import type { KnownPasskey, PasskeyAnswer } from "./passkeys.ts";
import type { RecoveryVaultRequests } from "./recovery.ts";
import type { ResourceRequests } from "./resources.ts";
import type { SpaceName, SpaceView } from "./spaces.ts";
import type { TransactionStanding } from "./standing.ts";
import type { StorageDealRequests } from "./storage-deals.ts";

/** A coin that can be spent now, as the wallet needs it. */
export interface CoinView {
  readonly txId: Uint8Array;
  readonly index: number;
  readonly amountNano: bigint;
  /** Height of the block that made it. */
  readonly height: number;
}

/** A key's coins. */
export interface CoinsView {
  /** Confirmed and not spent by anything that waits, oldest first. */
  readonly coins: readonly CoinView[];
  /** What waiting transactions will bring. */
  readonly pendingNano: bigint;
  /** Confirmed coins that a waiting transaction spends, and which one. */
  readonly beingSpent: readonly { readonly amountNano: bigint; readonly by: Uint8Array }[];
  readonly height: number;
}

/** What a node says of itself. */
export interface NodeStatus {
  readonly network: "dev" | "main";
  /** Genesis hash. */
  readonly networkId: Uint8Array;
  readonly peerId: string;
  readonly version: string;
  readonly height: number;
  readonly headHash: Uint8Array;
  readonly headTimeMs: number;
  readonly headWork: bigint;
  /** Height of the newest block that can never be undone; null while nobody has voted yet. */
  readonly finalisedHeight: number | null;
  readonly syncing: { readonly from: number; readonly current: number; readonly target: number } | null;
  readonly peers: number;
  readonly directPeers: number;
  /** Messages to this device's people, of all spaces, that nobody has read. */
  readonly unreadMessages: number;
  readonly mempoolTransactions: number;
  readonly mempoolBytes: number;
  readonly roles: Roles;
  readonly hashesPerSecond: number;
  /** Why a node that makes blocks computes nothing now. */
  readonly pausedFor: ComputePause;
  readonly blocksProduced: number;
  /** How far the work for the next block is. */
  readonly work: WorkView;
  /** Whether this tab runs the node or follows another tab of the profile that does. */
  readonly leader: boolean;
  readonly startedAtMs: number;
  /** Offset of the local clock to the median of peers; null when unknown. */
  readonly clockOffsetMs: number | null;
  /** Least fee per gas and the stamp a free transaction needs right now. */
  readonly gasPriceNano: bigint;
  readonly stampBits: number;
  /** What each segment of a job must pay its prover if it is queued next. */
  readonly segmentPriceNano: bigint;
  /** Trouble the user should know of, in plain words. */
  readonly notices: readonly string[];
}

/** Which duties a node has taken on. */
export interface Roles {
  readonly verify: true;
  readonly produce: boolean;
}

/** A connected peer. */
export interface PeerView {
  readonly id: string;
  readonly transport: string;
  readonly direct: boolean;
  readonly direction: "inbound" | "outbound";
  readonly latencyMs: number | null;
  readonly seed: boolean;
  readonly address: string;
  readonly height: number | null;
  readonly score: number;
  readonly connectedAtMs: number;
  /** How late the peer says its timers are; null while it has not said. */
  readonly timerDriftMs: number | null;
  /** Whether it says it is slow, as a hidden tab is. */
  readonly slow: boolean;
}

/** A block's line in a list. */
export interface BlockSummary {
  readonly hash: Uint8Array;
  readonly height: number;
  readonly timeMs: number;
  readonly transactions: number;
  readonly sizeBytes: number;
  readonly proposerKeyHash: Uint8Array;
  /** Whether our own node made it. */
  readonly own: boolean;
}

/** A block with its bytes; decode with `decodeBlock`. */
export interface BlockView extends BlockSummary {
  readonly bytes: Uint8Array;
  readonly canonical: boolean;
  /** Whether it can never be undone. */
  readonly final: boolean;
  readonly work: bigint;
  readonly confirmations: number;
}

/** A transaction with its bytes; decode with `decodeTransaction`. */
export interface TransactionView {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  readonly standing: TransactionStanding;
  /** Outputs that the inputs consume, in order, where still known; null where not. */
  readonly spent: readonly ({ readonly amountNano: bigint; readonly keyHash: Uint8Array | null } | null)[];
}

/** A line of `mempool`. */
export interface PoolEntryView {
  readonly id: Uint8Array;
  readonly command: string;
  readonly feeNano: bigint;
  readonly sizeBytes: number;
  readonly sinceMs: number;
  readonly free: boolean;
}

/** A proved segment of a job: the block that carries the proof. */
export interface SegmentProofView {
  readonly segment: number;
  readonly height: number;
  readonly blockHash: Uint8Array;
}

/** A program that was posted to be proved, and how far that is. */
export interface ProofJobView {
  /** Id of the transaction that posted it. */
  readonly id: Uint8Array;
  readonly standing: TransactionStanding;
  readonly program: readonly number[];
  readonly input: readonly number[];
  readonly segments: number;
  readonly segmentFeeNano: bigint;
  /** How many of its segments the chain has proved. */
  readonly proved: number;
  /** Where, as far as this node still knows; in order. */
  readonly proofs: readonly SegmentProofView[];
  /** The sixteen words of memory when the program has halted: what is proved once all segments are. */
  readonly output: readonly number[];
}

/** A receipt that holds. */
export interface ReceiptView {
  readonly jobId: Uint8Array;
  /** Whether it was made on this node's network. */
  readonly sameNetwork: boolean;
  /** Whether each of its proofs stands in a block of this node's chain. Without that, who made it, when, and its job's id are mere words. */
  readonly onChain: boolean;
  readonly program: readonly number[];
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly segments: number;
}

/** A value of the state with the proof that it is (or is not) there. */
export interface StateProofView {
  readonly height: number;
  readonly stateRoot: Uint8Array;
  readonly value: Uint8Array | null;
  /** Canonical bytes; check with `verifyStateProof`. */
  readonly proof: Uint8Array;
}

/** One line of `doctor`. */
export interface Finding {
  readonly name: string;
  readonly level: "good" | "warning" | "problem";
  readonly detail: string;
  /** What to do about it; empty when good. */
  readonly advice: string;
}

/** Requests to a node. Every one answers with a {@link Result}: a refusal is data, never an exception. */
export interface NodeRequests
  extends MemoryRequests,
    FinalityRequests,
    IdentityRequests,
    MailRequests,
    FileRequests,
    IpfsRequests,
    StorageDealRequests,
    DocumentRequests,
    PairingNodeRequests,
    DeviceSyncNodeRequests,
    ResourceRequests {
  status(): Promise<Result<NodeStatus>>;
  peers(): Promise<Result<readonly PeerView[]>>;
  /** Newest first; `before` is exclusive; at most 100. */
  blocks(query: { readonly before?: number; readonly limit: number }): Promise<Result<readonly BlockSummary[]>>;
  /** By height or 32-byte hash. */
  block(id: number | Uint8Array): Promise<Result<BlockView>>;
  transaction(id: Uint8Array): Promise<Result<TransactionView>>;
  /** Validates, pools and gossips encoded transaction bytes; answers with the id. */
  sendTransaction(bytes: Uint8Array): Promise<Result<Uint8Array>>;
  mempool(query: { readonly limit: number }): Promise<Result<readonly PoolEntryView[]>>;
  /** Confirmed coins of a key that the pool does not spend, oldest first; and what the pool will bring. */
  coins(keyHash: Uint8Array): Promise<Result<CoinsView>>;
  stateProof(key: Uint8Array): Promise<Result<StateProofView>>;
  /** A program that was posted to be proved. */
  proofJob(id: Uint8Array): Promise<Result<ProofJobView>>;
  /** The receipt of a job whose segments are all proved; its bytes are checked by anybody. */
  proofReceipt(id: Uint8Array): Promise<Result<Uint8Array>>;
  /** Checks a receipt from anywhere, its proofs included. */
  verifyReceipt(bytes: Uint8Array): Promise<Result<ReceiptView>>;
  setRole(role: "produce", on: boolean): Promise<Result<Roles>>;
  /** Sets where rewards of blocks made here go. */
  setRewardKey(keyHash: Uint8Array): Promise<Result<null>>;
  /** What is computed now, what pauses it, what it costs. */
  activity(): Promise<Result<ActivityView>>;
  /** Sets what may be computed, durably; what is left out stays. Answers with what holds from now on. */
  setCaps(choice: Partial<ComputeCaps>): Promise<Result<ComputeCaps>>;
  doctor(): Promise<Result<readonly Finding[]>>;
}

/** What a node tells without being asked. */
export type NodeEvent =
  | { readonly type: "head"; readonly height: number; readonly hash: Uint8Array; readonly reorganised: number }
  /** Blocks up to this height can never be undone. */
  | { readonly type: "finality"; readonly height: number }
  | { readonly type: "transaction"; readonly id: Uint8Array; readonly standing: TransactionStanding }
  | { readonly type: "peers"; readonly peers: number; readonly direct: number }
  | { readonly type: "sync"; readonly current: number; readonly target: number }
  | { readonly type: "leader"; readonly leader: boolean }
  /** The vault was opened, locked or changed, or another space was chosen. */
  | { readonly type: "vault" }
  /** A message came, was read or deleted, or one of ours got further; `unread` as in the status. */
  | { readonly type: "mail"; readonly unread: number }
  | DocumentEvent
  | DeviceKnockEvent
  | { readonly type: "notice"; readonly level: "info" | "warning" | "error"; readonly message: string };

/** What the vault shows without being unlocked. */
export interface VaultStatus {
  readonly exists: boolean;
  readonly unlocked: boolean;
  /** The chosen one; address and keys below are its. */
  readonly space: SpaceName;
  readonly did: string | null;
  readonly keyHash: Uint8Array | null;
  /** Compressed signing key, 33 bytes. */
  readonly publicKey: Uint8Array | null;
  /**
   * How it was proved that there is a copy elsewhere: by typing words back, by opening a backup file, by `shares` that brought
   * the keys back; `waived`: the owner goes on without.
   */
  readonly backup: "none" | "words" | "file" | "waived" | "shares";
  /** Passkeys that open it besides the passphrase. */
  readonly passkeys: readonly KnownPasskey[];
}

/** A name that the owner gave to an address. */
export interface ContactView {
  /** Without the @ that stands before it in commands. */
  readonly name: string;
  readonly did: string;
}

/** A word of the phrase that was asked back; places count from 0. */
export interface WordAnswer {
  readonly place: number;
  readonly word: string;
}

/** Requests to the vault. Keys never leave it in clear except the phrase, on explicit demand with the passphrase. */
export interface VaultRequests
  extends MailVaultRequests,
    RecoveryVaultRequests,
    PairingVaultRequests,
    DeviceSyncVaultRequests,
    RotationVaultRequests,
    BudgetVaultRequests,
    CredentialVaultRequests,
    DocumentVaultRequests,
    FileVaultRequests {
  vaultStatus(): Promise<Result<VaultStatus>>;
  /** Makes a new phrase and keys under a passphrase; answers with the phrase, to be shown once. */
  createVault(passphrase: string): Promise<Result<{ readonly phrase: string; readonly status: VaultStatus }>>;
  /** The same from an existing phrase; where this identity is already, under the new passphrase. */
  restoreVault(phrase: string, passphrase: string): Promise<Result<VaultStatus>>;
  unlockVault(passphrase: string): Promise<Result<VaultStatus>>;
  unlockByPasskey(answer: PasskeyAnswer): Promise<Result<VaultStatus>>;
  /** Lets a passkey open the vault besides the passphrase. */
  addPasskey(passphrase: string, answer: PasskeyAnswer): Promise<Result<VaultStatus>>;
  /** Lets only the passphrase open it. */
  removePasskeys(): Promise<Result<VaultStatus>>;
  lockVault(): Promise<Result<VaultStatus>>;
  /** Puts the same keys under another passphrase. */
  changePassphrase(old: string, passphrase: string): Promise<Result<VaultStatus>>;
  revealPhrase(passphrase: string): Promise<Result<string>>;
  /** A file that makes the same keys elsewhere, for who knows the passphrase. */
  exportBackup(passphrase: string): Promise<Result<Uint8Array>>;
  /** The same keys again from such a file, under the passphrase it was made with. */
  restoreBackup(backup: Uint8Array, passphrase: string): Promise<Result<VaultStatus>>;
  /** Proves that the phrase is kept elsewhere, by at least three of its words. */
  proveBackupWords(passphrase: string, answers: readonly WordAnswer[]): Promise<Result<VaultStatus>>;
  /** Proves that a backup file opens and is this identity's. */
  proveBackupFile(backup: Uint8Array, passphrase: string): Promise<Result<VaultStatus>>;
  /** Goes on without a proved backup; what was proved stays so. */
  waiveBackup(): Promise<Result<VaultStatus>>;
  /** Names that the owner gave to addresses, by name. They are encrypted: refused while the vault is locked. */
  contacts(): Promise<Result<readonly ContactView[]>>;
  /** Gives a name to an address; answers with all names. */
  addContact(name: string, did: string): Promise<Result<readonly ContactView[]>>;
  /** Takes a name away; answers with those left. */
  removeContact(name: string): Promise<Result<readonly ContactView[]>>;
  /** All spaces; refused while the vault is locked. */
  spaces(): Promise<Result<readonly SpaceView[]>>;
  /** Chooses which space signs from now on, in all tabs; refused while the vault is locked. */
  chooseSpace(space: SpaceName): Promise<Result<VaultStatus>>;
  /** Finds an 8-byte stamp over a transaction id with at least `bits` zero bits. */
  makeStamp(id: Uint8Array, bits: number): Promise<Result<Uint8Array>>;
}

/** All requests an interface may make. */
export type Requests = NodeRequests & VaultRequests;

/** What the shell holds: requests and a subscription; the returned function ends it. */
export interface Client extends Requests {
  subscribe(listener: (event: NodeEvent) => void): () => void;
}
