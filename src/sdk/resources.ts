/**
 * What an interface and a node say to each other about storage and traffic: how much is taken, and how much may be.
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** Bounds of {@link ResourceCaps}.servedBytesPerSecond. Below the least nobody could fetch a block from here in time. */
export const servedRange = { least: 16_000, most: 1_000_000_000 } as const;

/** What the user allows; null: as much as it takes. */
export interface ResourceCaps {
  /** Of what the node keeps on this device, in bytes. Old blocks go first, the newest and the state never. */
  readonly storageBytes: number | null;
  /** Of the chain's data, sent to who asks for it. What this node asks for and makes itself is not held back. */
  readonly servedBytesPerSecond: number | null;
}

/** A tab keeps two thousand blocks and serves whoever asks, as it was served itself. */
export const defaultResourceCaps: ResourceCaps = { storageBytes: null, servedBytesPerSecond: null };

/** Groups of what a node keeps. */
export const storageParts = [
  "blocks",
  "undo",
  "headers",
  "state",
  "pool",
  "mail",
  "files",
  "documents",
  "other",
] as const;

/** Name of one of them. */
export type StoragePart = (typeof storageParts)[number];

/** What the node keeps, in bytes of keys and values: the database needs some more for itself. */
export interface StorageView {
  readonly parts: Readonly<Record<StoragePart, number>>;
  readonly totalBytes: number;
  /** Blocks that are kept whole. */
  readonly blocks: number;
  /** The lowest cap that would be taken. */
  readonly leastCapBytes: number;
  /** When it was measured, in Unix milliseconds. */
  readonly measuredAtMs: number;
}

/** Bytes of all streams with peers, since the network started. */
export interface Traffic {
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Averages of the newest seconds. */
  readonly receivedPerSecond: number;
  readonly sentPerSecond: number;
}

/** Before there is a network. */
export const noTraffic: Traffic = { receivedBytes: 0, sentBytes: 0, receivedPerSecond: 0, sentPerSecond: 0 };

/** Traffic, and what of it went to who asked for the chain's data. */
export interface TrafficView extends Traffic {
  readonly servedBytes: number;
  /** Requests that were put off because of the cap. */
  readonly putOff: number;
}

/** What a node takes of the device and of its connection. */
export interface ResourcesView {
  readonly caps: ResourceCaps;
  readonly storage: StorageView;
  readonly traffic: TrafficView;
}

/** Requests about it. */
export interface ResourceRequests {
  /** What is taken now. Storage is measured at most now and then: it says when. */
  resources(): Promise<Result<ResourcesView>>;
  /** Sets caps, durably; what is left out stays. Answers with what holds from now on. */
  setResourceCaps(choice: Partial<ResourceCaps>): Promise<Result<ResourceCaps>>;
}
