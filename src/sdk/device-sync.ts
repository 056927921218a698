/**
 * Keeping the devices of an identity in step, as an interface sees it: the vault makes and reads what devices say to each
 * other, the node carries it.
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** What a conversation has changed here, and given to the other device. */
export interface SyncOutcome {
  /** Name of the other device. */
  readonly device: string;
  readonly deviceKey: Uint8Array;
  /** Things that are here now and were not, or are another way; and things that are here no more. */
  readonly brought: number;
  readonly gone: number;
  /** Things that the other has got. */
  readonly given: number;
  /** Names that two things had, and what these are called now. */
  readonly renamed: readonly string[];
  /** Secrets of files that are kept no more, and were pinned here. */
  readonly unpinned: readonly Uint8Array[];
}

/** An answer to another device; with an outcome once it is the last. */
export interface SyncTurn {
  readonly answer: Uint8Array;
  readonly outcome: SyncOutcome | null;
}

/** What is to be asked next, or what came of it all. */
export type SyncStep =
  | { readonly type: "ask"; readonly request: Uint8Array }
  | { readonly type: "done"; readonly outcome: SyncOutcome };

/** When this device was last in step with another. */
export interface InStepView {
  readonly key: Uint8Array;
  readonly atMs: number;
}

/** Requests to the vault about being in step. */
export interface DeviceSyncVaultRequests {
  /** Begins a conversation with a device of this identity at a peer, in the place of an earlier one with it; the vault must be open. */
  syncBegin(peerId: string): Promise<Result<Uint8Array>>;
  /** Reads the answer to what was asked before. */
  syncStep(peerId: string, answer: Uint8Array): Promise<Result<SyncStep>>;
  /** Answers another device. */
  syncAnswer(peerId: string, request: Uint8Array): Promise<Result<SyncTurn>>;
  /** Which devices it was in step with, newest first. */
  inStep(): Promise<Result<readonly InStepView[]>>;
}

/** A device of this identity asks; the vault's answer goes back by the number. */
export interface DeviceKnockEvent {
  readonly type: "device-knock";
  readonly number: number;
  readonly peerId: string;
  readonly request: Uint8Array;
}

/** Requests to a node about being in step. */
export interface DeviceSyncNodeRequests {
  /** Connected peers that show a list of devices under a mark. */
  devicePeers(mark: Uint8Array): Promise<Result<readonly string[]>>;
  /** Asks a device at a peer. */
  askDevice(peerId: string, request: Uint8Array): Promise<Result<Uint8Array>>;
  /** Answers one that has knocked. */
  answerDevice(number: number, answer: Result<Uint8Array>): Promise<Result<null>>;
}
