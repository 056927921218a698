/**
 * Requests and answers of `/aether/device-sync/1`, between devices of one identity. All but the mark, by which a device knows
 * that it is meant, is sealed; what is inside of a `hello` and of the rest is below. Bounded; an unknown version is refused.
 * @module
 */
import {
  byteString,
  bytes32,
  type Codec,
  codecOf,
  decode,
  encode,
  list,
  record,
  type Schema,
  union,
  unsigned,
} from "../codec/schema.ts";
import { messageVersion } from "../messages/gossip.ts";
import { pairingLimits } from "../pairing/limits.ts";
import type { Result } from "../result.ts";
import { deviceSyncLimits } from "./limits.ts";
import { type MarkRange, type RangeAnswer, rangeAnswersSchema, rangesSchema } from "./reconcile.ts";
import type { Dot } from "./replica.ts";

/** A request to another device. */
export type DeviceSyncRequest =
  /** Begins a conversation, in the place of an earlier one. */
  | { readonly type: "hello"; readonly mark: Uint8Array; readonly sealed: Uint8Array }
  /** Goes on with it. */
  | { readonly type: "more"; readonly mark: Uint8Array; readonly sealed: Uint8Array };

/** What a `hello` says. */
export interface SyncHello {
  /** X-Wing, made for this conversation. */
  readonly key: Uint8Array;
  readonly random: Uint8Array;
  /** Key of the device. */
  readonly device: Uint8Array;
  /** The list of devices that it has, sealed. */
  readonly list: Uint8Array;
  /** The device's. */
  readonly signature: Uint8Array;
}

/** What is answered to it. */
export interface SyncWelcome {
  readonly encapsulation: Uint8Array;
  readonly random: Uint8Array;
  readonly device: Uint8Array;
  readonly list: Uint8Array;
  readonly signature: Uint8Array;
}

/** A version as it is sent: its thing is found by what it holds. */
export interface SentVersion {
  readonly dot: Dot;
  readonly item: Uint8Array;
}

/** What is asked in a conversation. */
export type SyncQuestion =
  | { readonly type: "compare"; readonly ranges: readonly MarkRange[] }
  /** All that only the asking device has, marks of all that only the other has, and all that was seen. */
  | {
      readonly type: "trade";
      readonly seen: readonly Dot[];
      readonly versions: readonly SentVersion[];
      readonly wanted: readonly Uint8Array[];
    };

/** What the other device gives for that: what was wanted, and all that it has seen. */
export interface TradeAnswer {
  readonly seen: readonly Dot[];
  readonly versions: readonly SentVersion[];
}

const number = (n: number): number => 0x100 * messageVersion + n;
const publicKey = byteString(33, 33);
const signature = byteString(64, 64);
const { replicas, differences, itemBytes, messageBytes } = deviceSyncLimits;
const sealed = byteString(16, messageBytes);

/** One dot. */
export const dotSchema: Schema<Dot> = record<Dot>({ replica: byteString(16, 16), counter: unsigned() });

/** All dots that were seen. */
export const seenSchema = list(dotSchema, replicas);

const versions = list(
  record<SentVersion>({ dot: dotSchema, item: byteString(1, itemBytes) }),
  deviceSyncLimits.differences,
);

const requestSchema: Schema<DeviceSyncRequest> = union<DeviceSyncRequest>("unknown-version", {
  hello: { number: number(0), fields: { mark: bytes32, sealed } },
  more: { number: number(1), fields: { mark: bytes32, sealed } },
});

/** Canonical bytes of a request. */
export function encodeDeviceSync(request: DeviceSyncRequest): Uint8Array {
  return encode(requestSchema, request);
}

/** Strictly decodes a request; any bytes give a value or a typed rejection. */
export function decodeDeviceSync(bytes: Uint8Array): Result<DeviceSyncRequest> {
  return decode(requestSchema, bytes, messageBytes + 64);
}

const listBytes = byteString(16, pairingLimits.listBytes);

/** What is inside of requests and answers. */
export const deviceSyncCodecs = {
  hello: codecOf(
    record<SyncHello>({
      key: byteString(pairingLimits.keyBytes, pairingLimits.keyBytes),
      random: bytes32,
      device: publicKey,
      list: listBytes,
      signature,
    }),
    messageBytes,
  ),
  welcome: codecOf(
    record<SyncWelcome>({
      encapsulation: byteString(pairingLimits.encapsulationBytes, pairingLimits.encapsulationBytes),
      random: bytes32,
      device: publicKey,
      list: listBytes,
      signature,
    }),
    messageBytes,
  ),
  question: codecOf(
    union<SyncQuestion>("unknown-version", {
      compare: { number: number(0), fields: { ranges: rangesSchema } },
      trade: { number: number(1), fields: { seen: seenSchema, versions, wanted: list(bytes32, differences) } },
    }),
    messageBytes,
  ),
  compared: codecOf(rangeAnswersSchema, messageBytes) satisfies Codec<readonly RangeAnswer[]>,
  traded: codecOf(record<TradeAnswer>({ seen: seenSchema, versions }), messageBytes),
} as const;
