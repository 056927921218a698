/**
 * What travels by gossip: whole small transactions, ids of bigger ones, whole small blocks, headers of bigger ones, votes.
 * @module
 */
import { byteString, bytes32, decode, encode, list, type Schema, union } from "../codec/schema.ts";
import { type Vote, voteSchema } from "../consensus/certificate.ts";
import { type Header, headerSchema } from "../consensus/header.ts";
import { type Block, blockSchema } from "../ledger/block.ts";
import { limits } from "../parameters.ts";
import type { Result } from "../result.ts";

/** Version byte that opens every message between nodes; another one is refused politely. */
export const messageVersion = 1;

/** Most ids one announcement names. */
const announcedIds = 1_000;

/** A gossip message. */
export type GossipMessage =
  /** Canonical bytes of one transaction. */
  | { readonly type: "transaction"; readonly bytes: Uint8Array }
  /** Ids to be fetched over a stream. */
  | { readonly type: "transaction-ids"; readonly ids: readonly Uint8Array[] }
  /** A new block too big to travel this way, by its header. */
  | { readonly type: "header"; readonly header: Header }
  /** A new block, whole. */
  | { readonly type: "block"; readonly block: Block }
  /** One voter's vote. */
  | { readonly type: "vote"; readonly vote: Vote };

const gossipSchema: Schema<GossipMessage> = union<GossipMessage>("unknown-version", {
  transaction: { number: 0x100 * messageVersion, fields: { bytes: byteString(1, limits.gossipBytes) } },
  "transaction-ids": { number: 0x100 * messageVersion + 1, fields: { ids: list(bytes32, announcedIds, 1) } },
  header: { number: 0x100 * messageVersion + 2, fields: { header: headerSchema } },
  vote: { number: 0x100 * messageVersion + 3, fields: { vote: voteSchema } },
  block: { number: 0x100 * messageVersion + 4, fields: { block: blockSchema } },
});

/** Canonical bytes of a message. */
export function encodeGossip(message: GossipMessage): Uint8Array {
  return encode(gossipSchema, message);
}

/** Strictly decodes a gossip message; any bytes give a value or a typed rejection. */
export function decodeGossip(bytes: Uint8Array): Result<GossipMessage> {
  return decode(gossipSchema, bytes, limits.gossipBytes);
}
