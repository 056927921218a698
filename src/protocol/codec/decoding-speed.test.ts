import { describe, expect, it } from "vitest";
import { slowness } from "#testing/best-time.ts";
import { requestOf, TestLedger, testKey } from "#testing/ledger-fixtures.ts";
import { encodeHeader } from "../consensus/header.ts";
import { decodeBlock, encodeBlock } from "../ledger/block.ts";
import { decodeStoredOutput } from "../ledger/state.ts";
import { decodeStateProof } from "../ledger/state-proof.ts";
import { decodeTransaction } from "../ledger/transaction.ts";
import { decodeGossip } from "../messages/gossip.ts";
import { decodeSyncRequest, syncAnswers } from "../messages/sync.ts";
import { limits } from "../parameters.ts";
import { concatBytes, utf8ToBytes } from "./bytes.ts";

const mostMs = 50;
const mebibyte = limits.blockBytes;

/** Heads and items written by hand, because the shapes are such as no encoder of ours would write. */
function head(type: number, value: number): Uint8Array {
  const prefix = type << 5;
  if (value < 24) return Uint8Array.of(prefix | value);
  if (value < 0x100) return Uint8Array.of(prefix | 24, value);
  return Uint8Array.of(prefix | 25, value >> 8, value & 255);
}
const number = (value: number): Uint8Array => head(0, value);
const bytes = (value: Uint8Array): Uint8Array => concatBytes(head(2, value.length), value);
const text = (value: string): Uint8Array => concatBytes(head(3, utf8ToBytes(value).length), utf8ToBytes(value));
const array = (...items: Uint8Array[]): Uint8Array => concatBytes(head(4, items.length), ...items);
const times = (count: number, item: Uint8Array): Uint8Array => array(...Array.from({ length: count }, () => item));

const empty = new Uint8Array();
const hash = bytes(new Uint8Array(32).fill(7));
const none = Uint8Array.of(0xf6);
const highest = Uint8Array.of(0x1b, 255, 255, 255, 255, 255, 255, 255, 255);
const outPoint = array(hash, number(0));
const signature = array(bytes(new Uint8Array(33)), bytes(new Uint8Array(64)));
const programLock = (name: string): Uint8Array => array(number(3), text(name));
const output = (amount: Uint8Array, lock: Uint8Array, data: Uint8Array): Uint8Array =>
  array(number(0), amount, lock, bytes(data));
const tiny = output(number(0), programLock(""), empty);
const witness = (preimage: Uint8Array, signatures = 0): Uint8Array => array(preimage, times(signatures, signature));

function transaction(inputs: number, outputs: Uint8Array, witnesses: Uint8Array): Uint8Array {
  const points = times(inputs, outPoint);
  const command = array(number(0), bytes(empty));
  const zero = number(0);
  return array(number(1), hash, points, points, outputs, command, zero, zero, zero, hash, none, witnesses);
}

const header = encodeHeader(new TestLedger().build(testKey(1)).block.header);

/** A block as full as it goes of one transaction. */
function blockOf(one: Uint8Array): Uint8Array {
  const count = Math.min(limits.blockTransactions, Math.floor((mebibyte - header.length - 10) / one.length));
  return concatBytes(Uint8Array.of(0x84), header, times(count, one), none, none);
}

const many = (item: Uint8Array): Uint8Array => times(64, item);
/** The same, with strings of three bytes that differ. */
const each = (make: (bytes: Uint8Array) => Uint8Array): Uint8Array =>
  array(...Array.from({ length: 64 }, (_, i) => make(Uint8Array.of(i, i, i))));
const noOutputs = times(0, tiny);
const noWitnesses = times(0, none);
const blocks: [string, Uint8Array][] = [
  ["empty transactions", blockOf(transaction(0, noOutputs, noWitnesses))],
  ["the smallest outputs", blockOf(transaction(0, many(tiny), noWitnesses))],
  [
    "outputs of a byte of data",
    blockOf(transaction(0, many(output(number(0), programLock(""), Uint8Array.of(1))), noWitnesses)),
  ],
  ["outputs of a short name", blockOf(transaction(0, many(output(number(0), programLock("é"), empty)), noWitnesses))],
  [
    "outputs of a long name",
    blockOf(transaction(0, many(output(number(0), programLock("é".repeat(16)), empty)), noWitnesses)),
  ],
  ["outputs of huge amounts", blockOf(transaction(0, many(output(highest, programLock(""), empty)), noWitnesses))],
  [
    "outputs of many keys",
    blockOf(transaction(0, many(output(number(0), array(number(1), number(1), times(16, hash)), empty)), noWitnesses)),
  ],
  ["empty witnesses", blockOf(transaction(0, noOutputs, many(witness(none))))],
  ["witnesses of a byte", blockOf(transaction(0, noOutputs, many(witness(bytes(Uint8Array.of(1))))))],
  [
    "witnesses of three bytes",
    blockOf(
      transaction(
        0,
        noOutputs,
        each((preimage) => witness(bytes(preimage))),
      ),
    ),
  ],
  ["witnesses of many signatures", blockOf(transaction(0, noOutputs, times(12, witness(none, 16))))],
  ["inputs", blockOf(transaction(64, noOutputs, noWitnesses))],
];

describe("decoding a mebibyte takes less than 50 ms", () => {
  it.each(blocks)("of %s", (_name, block) => {
    expect(decodeBlock(block)).toMatchObject({ ok: true });
    expect(block.length).toBeGreaterThan(0.6 * mebibyte);
    expect(slowness(() => decodeBlock(block), mostMs)).toBeNull();
  });

  it("of real transactions, whole or broken near the end", () => {
    const ledger = new TestLedger();
    const requests = Array.from({ length: 200 }, (_, i) => requestOf(testKey(i), BigInt(i)));
    const { block } = ledger.build(testKey(1), requests);
    const copies = Math.floor(mebibyte / encodeBlock(block).length);
    const transactions = Array.from({ length: copies }, () => block.transactions).flat();
    const full = encodeBlock({ ...block, transactions });
    expect(full.length).toBeGreaterThan(0.8 * mebibyte);
    expect(decodeBlock(full).ok).toBe(true);
    const broken = full.slice();
    broken[broken.length - 40] = 0xff;
    for (const one of [full, broken]) expect(slowness(() => decodeBlock(one), mostMs)).toBeNull();
  });

  it("of noise, of nested arrays and of more than a block", () => {
    const noise = Uint8Array.from({ length: mebibyte }, (_, i) => (i * 2654435761) >>> 24);
    const nested = new Uint8Array(mebibyte).fill(0x81);
    const tooLong = new Uint8Array(16 * mebibyte).fill(0x98);
    for (const one of [noise, nested, tooLong]) {
      expect(decodeBlock(one).ok).toBe(false);
      expect(slowness(() => decodeBlock(one), mostMs)).toBeNull();
    }
  });

  const leaf = array(hash, bytes(empty), times(256, array(number(0), hash)));
  const others: [string, Uint8Array, (bytes: Uint8Array) => { readonly ok: boolean }][] = [
    ["a transaction", transaction(0, many(tiny), many(witness(bytes(Uint8Array.of(1))))), decodeTransaction],
    ["gossiped ids", array(number(0x101), times(1_000, hash)), decodeGossip],
    ["a gossiped header", array(number(0x102), header), decodeGossip],
    ["a locator", array(number(0x101), times(64, hash), number(0)), decodeSyncRequest],
    ["headers", times(1_000, header), syncAnswers.headers.decode],
    ["the shortest bodies", times(64, bytes(Uint8Array.of(1))), syncAnswers.bodies.decode],
    ["the shortest transactions", times(512, bytes(Uint8Array.of(1))), syncAnswers.transactions.decode],
    ["ids of the pool", times(2_000, hash), syncAnswers.pool.decode],
    ["a state proof", array(leaf, leaf), decodeStateProof],
    ["an output of the state", array(outPoint, tiny, number(0)), decodeStoredOutput],
  ];

  it.each(others)("of %s, over and over", (_name, message, decode) => {
    expect(decode(message)).toMatchObject({ ok: true });
    const repeats = Math.ceil(mebibyte / message.length);
    const all = (): void => {
      for (let i = 0; i < repeats; i++) decode(message);
    };
    expect(slowness(all, mostMs)).toBeNull();
  });
});
