import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  payment,
  requestOf,
  stamped,
  TestLedger,
  testKey,
  testNetworkId,
  testParameters,
} from "#testing/ledger-fixtures.ts";
import { decodeHeader, encodeHeader, headerHash } from "../consensus/header.ts";
import { validateHeaderAlone } from "../consensus/validate-header.ts";
import { decodeBlock, encodeBlock } from "../ledger/block.ts";
import { StateOverlay } from "../ledger/overlay.ts";
import { decodePrepared, type PreparedTransaction } from "../ledger/prepared.ts";
import { decodeStoredOutput, encodeStoredOutput } from "../ledger/state.ts";
import { decodeStateProof, encodeStateProof, proveState, verifyStateProof } from "../ledger/state-proof.ts";
import { decodeTransaction, encodeTransaction } from "../ledger/transaction.ts";
import { validateTransaction } from "../ledger/validation.ts";
import { decodeGossip, encodeGossip } from "../messages/gossip.ts";
import { decodeShredRequest, encodeShredRequest, shredAnswers } from "../messages/shreds.ts";
import { decodeSyncRequest, encodeSyncRequest, syncAnswers } from "../messages/sync.ts";
import { main } from "../parameters.ts";
import type { Result } from "../result.ts";
import { concatBytes } from "./bytes.ts";

/** Any CBOR item of the subset, or bytes that claim to be one. */
type Item =
  | { readonly kind: "head"; readonly type: number; readonly value: bigint; readonly width: number }
  | { readonly kind: "string"; readonly type: number; readonly bytes: Uint8Array; readonly claims: number }
  | { readonly kind: "array"; readonly items: readonly Item[]; readonly claims: number }
  | { readonly kind: "raw"; readonly bytes: Uint8Array };

/** Writes a head in the shortest form, or (`width` above it) in a longer one. */
function head(type: number, value: bigint, width = 0): Uint8Array {
  const least = value < 24n ? 0 : value < 0x100n ? 1 : value < 0x10000n ? 2 : value < 0x100000000n ? 4 : 8;
  const size = Math.max(least, width);
  if (size === 0) return Uint8Array.of((type << 5) | Number(value));
  const bytes = new Uint8Array(1 + size);
  bytes[0] = (type << 5) | (24 + Math.log2(size));
  let rest = value;
  for (let i = size; i > 0; i--, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}

function write(item: Item): Uint8Array {
  switch (item.kind) {
    case "head":
      return head(item.type, item.value, item.width);
    case "string":
      return concatBytes(head(item.type, BigInt(item.bytes.length + item.claims)), item.bytes);
    case "array":
      return concatBytes(head(4, BigInt(Math.max(0, item.items.length + item.claims))), ...item.items.map(write));
    case "raw":
      return item.bytes;
  }
}

/** Reads one of our own encodings into items. */
function parse(bytes: Uint8Array): Item {
  let at = 0;
  const next = (): Item => {
    const first = bytes[at++] as number;
    const [type, info] = [first >> 5, first & 31];
    if (type === 7) return { kind: "raw", bytes: Uint8Array.of(first) };
    let value = BigInt(info);
    if (info >= 24) {
      const size = 1 << (info - 24);
      value = bytes.subarray(at, at + size).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
      at += size;
    }
    if (type === 0) return { kind: "head", type, value, width: 0 };
    if (type === 4) return { kind: "array", items: Array.from({ length: Number(value) }, next), claims: 0 };
    const from = at;
    at += Number(value);
    return { kind: "string", type, bytes: bytes.slice(from, at), claims: 0 };
  };
  return next();
}

const edges = [0n, 1n, 23n, 24n, 63n, 64n, 255n, 256n, 65_535n, 65_536n, (1n << 32n) - 1n, 1n << 53n, (1n << 64n) - 1n];

/** One step of damage; `pick` chooses what and where. */
function damage(item: Item, pick: () => number, pool: readonly Item[]): Item {
  if (item.kind === "array" && item.items.length > 0 && pick() % 4 !== 0) {
    const at = pick() % item.items.length;
    const child = item.items[at] as Item;
    const splice = (count: number, ...fresh: Item[]): Item => ({
      ...item,
      items: item.items.toSpliced(at, count, ...fresh),
    });
    switch (pick() % 12) {
      case 0:
        return splice(1);
      case 1:
        return splice(0, child);
      case 2:
        return splice(1, pool[pick() % pool.length] as Item);
      case 3:
        return { ...item, claims: (pick() % 7) - 3 };
      default:
        return splice(1, damage(child, pick, pool));
    }
  }
  switch (pick() % 7) {
    case 0:
      return pool[pick() % pool.length] as Item;
    case 1:
      return { kind: "raw", bytes: Uint8Array.from({ length: pick() % 9 }, () => pick() & 255) };
    case 2:
      return {
        kind: "head",
        type: pick() % 8,
        value: edges[pick() % edges.length] as bigint,
        width: [0, 1, 2, 4, 8][pick() % 5] as number,
      };
    case 3:
      if (item.kind === "string") return { ...item, claims: pick() % 5 };
      return { kind: "array", items: [item], claims: 0 };
    case 4:
      if (item.kind === "string") return { ...item, bytes: concatBytes(item.bytes, Uint8Array.of(pick() & 255)) };
      return { kind: "string", type: 2 + (pick() & 1), bytes: Uint8Array.of(pick() & 255, 0xff), claims: 0 };
    case 5:
      if (item.kind === "string")
        return { ...item, bytes: item.bytes.map((byte) => (pick() % 8 === 0 ? pick() & 255 : byte)) };
      return { kind: "raw", bytes: Uint8Array.of(0xf6) };
    default:
      if (item.kind === "head") return { ...item, value: edges[pick() % edges.length] as bigint };
      return { kind: "raw", bytes: write(item).subarray(0, pick() % 40) };
  }
}

interface Codec {
  decode(bytes: Uint8Array): Result<unknown>;
  encode(value: never): Uint8Array;
}

const alice = testKey(1);
const ledger = new TestLedger();
const reward = ledger.mine(alice);
const paid = payment(alice, reward, 2_800_000_000n, testKey(2).lock);
const { block } = ledger.build(alice, [paid, requestOf(alice, 1n)]);
const [leaf] = [...ledger.state.entries()];
if (leaf === undefined) throw new Error("an empty state");
const proof = proveState(ledger.state, leaf[0]);
const absent = proveState(ledger.state, new Uint8Array(32).fill(9));
const hash = headerHash(block.header);
const status = {
  networkId: testNetworkId,
  head: hash,
  height: 7,
  totalWork: Uint8Array.of(1, 2),
  bodiesFrom: 1,
  justifiedEpoch: 4,
  finalisedHeight: 1,
};
const stored = {
  outPoint: reward,
  output: { kind: 0, amount: 5n, lock: alice.lock, data: Uint8Array.of(1) },
  height: 3,
};

const shred = { bodyBytes: 70_000, index: 2, bytes: Uint8Array.of(1, 2), path: [hash, hash] };

const codecs: [string, Codec, unknown[]][] = [
  [
    "transaction",
    { decode: decodeTransaction, encode: encodeTransaction },
    [paid.transaction, requestOf(alice, 2n).transaction],
  ],
  ["block", { decode: decodeBlock, encode: encodeBlock }, [block]],
  ["header", { decode: decodeHeader, encode: encodeHeader }, [block.header]],
  [
    "gossip",
    { decode: decodeGossip, encode: encodeGossip },
    [
      { type: "transaction", bytes: paid.bytes },
      { type: "transaction-ids", ids: [hash] },
      { type: "header", header: block.header },
      { type: "block", block },
    ],
  ],
  [
    "request",
    { decode: decodeSyncRequest, encode: encodeSyncRequest },
    [
      { type: "status", status, sentAtMs: 5 },
      { type: "headers", locator: [hash], count: 3 },
      { type: "bodies", hashes: [hash] },
      { type: "pool", after: new Uint8Array(), count: 2 },
      { type: "transactions", ids: [hash] },
      { type: "snapshots", count: 2 },
      { type: "snapshot-plan", block: hash },
      { type: "snapshot-part", block: hash, part: 1 },
    ],
  ],
  [
    "request about shreds",
    { decode: decodeShredRequest, encode: encodeShredRequest },
    [
      { type: "push", header: block.header, shred, place: 3 },
      { type: "ask", block: hash, indices: [0, 63] },
    ],
  ],
  ["shreds", shredAnswers.ask, [[shred]]],
  ["status", syncAnswers.status, [{ status, receivedAtMs: 1, sentAtMs: 2 }]],
  ["headers", syncAnswers.headers, [[block.header]]],
  ["bodies", syncAnswers.bodies, [[encodeBlock(block)]]],
  ["pool", syncAnswers.pool, [[hash]]],
  ["transactions", syncAnswers.transactions, [[paid.bytes]]],
  ["snapshots", syncAnswers.snapshots, [[{ block: hash, height: 7 }]]],
  ["snapshot part", syncAnswers["snapshot-part"], [[{ key: hash, value: Uint8Array.of(1) }]]],
  ["state proof", { decode: decodeStateProof, encode: encodeStateProof }, [proof, absent]],
  ["stored output", { decode: decodeStoredOutput, encode: encodeStoredOutput }, [stored]],
];

const pool: Item[] = codecs.flatMap(([, codec, values]) => values.map((value) => parse(codec.encode(value as never))));

/** What happens to a decoded message next must not throw either. */
function use(value: unknown, bytes: Uint8Array): void {
  const prepared = decodePrepared(bytes);
  if (prepared.ok) validate(prepared.value);
  const header = decodeHeader(bytes);
  // On main nothing here has the work; the test network's target is so easy that some of it would.
  if (header.ok) expect(validateHeaderAlone(header.value, main).ok).toBe(false);
  const shown = decodeStateProof(bytes);
  if (shown.ok) verifyStateProof(ledger.state.root(), leaf?.[0] ?? new Uint8Array(32), shown.value);
  expect(value).toBeDefined();
}

function validate(prepared: PreparedTransaction): void {
  const source = new StateOverlay(ledger.state);
  const context = { parameters: testParameters, networkId: testNetworkId, height: ledger.height, stampBits: 4, source };
  validateTransaction(prepared, context);
  // Again with what an attacker would not spare itself: the network, the commitment and a stamp as they must be.
  const { stamp: _stamp, witnesses, ...body } = prepared.transaction;
  const mended = { ...body, version: 1, network: testNetworkId, expiry: 100, feeNano: 0n };
  const { transaction } = stamped(mended);
  validateTransaction({ ...prepared, transaction: { ...transaction, witnesses } }, context);
}

describe("damaged messages", () => {
  it.each(codecs)(
    "are refused as a %s with a code, or are what they encode to; nothing throws",
    (_name, codec, values) => {
      const originals = values.map((value) => parse(codec.encode(value as never)));
      let accepted = 0;
      fc.assert(
        fc.property(
          fc.array(fc.nat(), { minLength: 12, maxLength: 60 }),
          fc.integer({ min: 1, max: 3 }),
          (picks, steps) => {
            let used = 0;
            const pick = (): number => (picks[used++ % picks.length] as number) + used;
            let item = originals[pick() % originals.length] as Item;
            for (let step = 0; step < steps; step++) item = damage(item, pick, pool);
            const bytes = write(item);
            const decoded = codec.decode(bytes);
            if (decoded.ok) {
              accepted++;
              expect(codec.encode(decoded.value as never)).toEqual(bytes);
            } else {
              expect(decoded.code).toMatch(/^[a-z-]+$/);
              expect(decoded.message.length).toBeGreaterThan(5);
            }
            use(decoded, bytes);
          },
        ),
        { numRuns: 600 },
      );
      for (const [i, value] of values.entries()) {
        expect(write(originals[i] as Item)).toEqual(codec.encode(value as never));
      }
      expect(accepted).toBeGreaterThan(0);
    },
  );
});
