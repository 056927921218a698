import * as dagCbor from "@ipld/dag-cbor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TestLedger, testKey } from "#testing/ledger-fixtures.ts";
import { decodeHeader, encodeHeader } from "../consensus/header.ts";
import { decodeBlock } from "../ledger/block.ts";
import { decodeTransaction, encodeTransaction, type Transaction, transactionSchema } from "../ledger/transaction.ts";
import { decodeGossip, encodeGossip } from "../messages/gossip.ts";
import { decodeSyncRequest, encodeSyncRequest, type SyncRequest } from "../messages/sync.ts";
import { concatBytes, fromHex } from "./bytes.ts";
import { amount, byteString, decode, encode, list, nullable, record, text, unsigned } from "./schema.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const outPoint = fc.record({ txId: hash, index: fc.nat(63) });
const lock = fc.oneof(
  fc.record({ type: fc.constant("key" as const), keyHash: hash }),
  fc.record({
    type: fc.constant("threshold" as const),
    required: fc.nat(16),
    keyHashes: fc.array(hash, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant("hash-time" as const),
    paymentHash: hash,
    recipient: hash,
    refund: hash,
    height: fc.nat(),
  }),
  fc.record({ type: fc.constant("program" as const), program: fc.string({ maxLength: 8 }) }),
);
const command = fc.oneof(
  fc.record({ type: fc.constant("coin.pay" as const), memo: fc.uint8Array({ maxLength: 256 }) }),
  fc.record({
    type: fc.constant("coin.request" as const),
    amountNano: uint64,
    keyHash: hash,
    memo: fc.uint8Array({ maxLength: 9 }),
  }),
);
const witness = fc.record({
  preimage: fc.option(fc.uint8Array({ maxLength: 64 })),
  signatures: fc.array(
    fc.record({
      publicKey: fc.uint8Array({ minLength: 33, maxLength: 33 }),
      signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
    }),
    { maxLength: 2 },
  ),
});
const transactions: fc.Arbitrary<Transaction> = fc.record({
  version: fc.nat(0xffff),
  network: hash,
  inputs: fc.array(outPoint, { maxLength: 3 }),
  reads: fc.array(outPoint, { maxLength: 2 }),
  outputs: fc.array(fc.record({ kind: fc.nat(0xffff), amount: uint64, lock, data: fc.uint8Array({ maxLength: 20 }) }), {
    maxLength: 3,
  }),
  command,
  feeNano: uint64,
  expiry: fc.nat(),
  nonce: uint64,
  commitment: hash,
  stamp: fc.option(fc.uint8Array({ minLength: 8, maxLength: 8 })),
  witnesses: fc.array(witness, { maxLength: 2 }),
});

describe("codec", () => {
  it("gives back every transaction, in bytes that dag-cbor writes for the same nested lists", () => {
    fc.assert(
      fc.property(transactions, (transaction) => {
        const bytes = encodeTransaction(transaction);
        expect(decodeTransaction(bytes)).toEqual({ ok: true, value: transaction });
        expect(Uint8Array.from(dagCbor.encode(dagCbor.decode(bytes)))).toEqual(bytes);
      }),
    );
  });

  it("accepts of altered bytes only what encodes to exactly them", () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(transactions, edits, (transaction, list) => {
        const bytes = encodeTransaction(transaction);
        for (const [place, value] of list) bytes[place % bytes.length] = value;
        const decoded = decodeTransaction(bytes);
        if (decoded.ok) expect(encodeTransaction(decoded.value)).toEqual(bytes);
      }),
      { numRuns: 400 },
    );
  });

  it("never throws on random bytes, whatever they are said to be", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const decoder of [decodeTransaction, decodeBlock, decodeHeader, decodeGossip, decodeSyncRequest]) {
          const decoded = decoder(bytes);
          if (!decoded.ok) expect(decoded.code).toMatch(/^[a-z-]+$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  const any = record<{ a: number; b: Uint8Array }>({ a: unsigned(), b: byteString(0, 4) });
  it.each([
    ["820040", true, ""],
    ["82180040", false, "not-canonical"],
    ["82190001 40", false, "not-canonical"],
    ["821b000000000000000140", false, "not-canonical"],
    ["82005f4100ff", false, "not-canonical"],
    ["9f0040ff", false, "not-canonical"],
    ["8200", false, "truncated"],
    ["82004401", false, "truncated"],
    ["82004000", false, "trailing-bytes"],
    ["8300400", false, "wrong-hex"],
    ["83004000", false, "too-many"],
    ["822040", false, "wrong-type"],
    ["a10040", false, "wrong-type"],
    ["82f93c0040", false, "wrong-type"],
    ["8200450102030405", false, "out-of-range"],
    ["82005bffffffffffffffff", false, "out-of-range"],
    ["9bffffffffffffffff", false, "too-many"],
    ["821b002000000000000040", false, "out-of-range"],
  ])("%s: accepted %s %s", (hexadecimal, accepted, code) => {
    const bytes = fromHex(hexadecimal.replace(" ", ""));
    if (bytes === undefined) return expect(code).toBe("wrong-hex");
    const decoded = decode(any, bytes, 100);
    expect(decoded.ok).toBe(accepted);
    if (!decoded.ok) expect(decoded.code).toBe(code);
  });

  it("refuses ill-formed UTF-8 and takes all well-formed text", () => {
    for (const bad of ["c080", "e08080", "f0808080", "eda080", "ff", "c2", "f4908080", "80"]) {
      const raw = fromHex(bad) as Uint8Array;
      expect(decode(text(8), concatBytes(Uint8Array.of(0x60 | raw.length), raw), 100)).toMatchObject({ ok: false });
    }
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (value) => {
        expect(decode(text(200), encode(text(200), value), 300)).toEqual({ ok: true, value });
      }),
    );
  });

  it("keeps amounts exact over all 64 bits, and null apart", () => {
    const schema = list(nullable(amount), 10);
    fc.assert(
      fc.property(fc.array(fc.option(uint64), { maxLength: 10 }), (values) => {
        expect(decode(schema, encode(schema, values), 200)).toEqual({ ok: true, value: values });
      }),
    );
  });

  it("refuses to be told to make an object from its parts in another order", () => {
    const fields = { a: unsigned(), b: unsigned() };
    expect(() => record<{ a: number; b: number }>(fields, (b: number, a: number) => ({ a, b }))).toThrow("order");
    const schema = record<{ a: number; b: number }>(fields, (a: number, b: number) => ({ a, b }));
    expect(decode(schema, encode(schema, { b: 2, a: 1 }), 9)).toEqual({ ok: true, value: { a: 1, b: 2 } });
  });

  it("throws on numbers without an encoding instead of writing other ones", () => {
    for (const bad of [-1n, 1n << 64n, (1n << 64n) + 5n]) expect(() => encode(amount, bad)).toThrow(RangeError);
    for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
      expect(() => encode(unsigned(), bad)).toThrow(RangeError);
  });

  it("carries gossip and requests", () => {
    const [transaction] = fc.sample(transactions, 1) as [Transaction];
    const bytes = encode(transactionSchema, transaction);
    const { block } = new TestLedger().build(testKey(1));
    const { header } = block;
    for (const message of [
      { type: "transaction", bytes } as const,
      { type: "transaction-ids", ids: [new Uint8Array(32)] } as const,
      { type: "header", header } as const,
      { type: "block", block } as const,
    ]) {
      expect(decodeGossip(encodeGossip(message))).toEqual({ ok: true, value: message });
    }
    const requests: SyncRequest[] = [
      { type: "headers", locator: [new Uint8Array(32)], count: 5 },
      { type: "bodies", hashes: [new Uint8Array(32)] },
      { type: "pool", after: new Uint8Array(), count: 9 },
      { type: "transactions", ids: [new Uint8Array(32).fill(1)] },
    ];
    for (const request of requests)
      expect(decodeSyncRequest(encodeSyncRequest(request))).toEqual({ ok: true, value: request });
    expect(decodeHeader(encodeHeader(header))).toEqual({ ok: true, value: header });
  });
});
