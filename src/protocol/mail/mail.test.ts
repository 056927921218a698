import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signDigest } from "#protocol/crypto/signature.ts";
import { testKey } from "#testing/ledger-fixtures.ts";
import {
  encodeKeyRecord,
  encodeMailPass,
  keyRecordDigest,
  mailPassDigest,
  readKeyRecord,
  readMailPass,
} from "./credentials.ts";
import { decodeEnvelope, type Envelope, encodeEnvelope, timelyEnvelope } from "./envelope.ts";
import { mailLimits } from "./limits.ts";
import { decodeMailRequest, encodeMailRequest, type MailRequest, mailAnswers } from "./requests.ts";

const nowMs = 1_790_000_000_000;
const { secret, publicKey } = testKey(1);
const networkId = new Uint8Array(32).fill(3);

const bytesOf = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });

const envelopes: fc.Arbitrary<Envelope> = fc.record({
  type: fc.constant("x-wing" as const),
  to: bytesOf(32),
  madeAtMs: fc.nat(),
  encapsulation: bytesOf(1_120),
  sealed: bytesOf(528, 2_000),
});

const requests: fc.Arbitrary<MailRequest> = fc.oneof(
  fc.record({ type: fc.constant("key" as const), keyHash: bytesOf(32) }),
  fc.record({
    type: fc.constant("hello" as const),
    record: bytesOf(1, 1_400),
    pass: bytesOf(1, 300),
    stamp: bytesOf(8),
  }),
  fc.record({ type: fc.constant("deliver" as const), envelope: bytesOf(1, 3_000), stamp: bytesOf(8) }),
  fc.record({ type: fc.constant("collect" as const), pass: bytesOf(1, 300) }),
  fc.record({
    type: fc.constant("collected" as const),
    pass: bytesOf(1, 300),
    ids: fc.array(bytesOf(32), { minLength: 1, maxLength: 32 }),
  }),
);

const record = { signingKey: publicKey, encryptionKey: new Uint8Array(1_216).fill(9), madeAtMs: nowMs };
const signedRecord = (body = record): Uint8Array => encodeKeyRecord(body, signDigest(keyRecordDigest(body), secret));
const pass = { signingKey: publicKey, networkId, peerId: "12D3KooWpeer", untilMs: nowMs + 1_000 };
const signedPass = (body = pass): Uint8Array => encodeMailPass(body, signDigest(mailPassDigest(body), secret));
const here = { nowMs, networkId, peerId: pass.peerId };

describe("envelopes and requests", () => {
  it("come back as they were, from one encoding alone", () => {
    fc.assert(
      fc.property(envelopes, (envelope) => {
        expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual({ ok: true, value: envelope });
      }),
    );
    fc.assert(
      fc.property(requests, (request) => {
        expect(decodeMailRequest(encodeMailRequest(request))).toEqual({ ok: true, value: request });
      }),
    );
  });

  it("refuse everything else in words, and throw on nothing", () => {
    const readers = [
      decodeEnvelope,
      decodeMailRequest,
      mailAnswers.key.decode,
      mailAnswers.deliver.decode,
      mailAnswers.collect.decode,
      (bytes: Uint8Array) => readKeyRecord(bytes, nowMs),
      (bytes: Uint8Array) => readMailPass(bytes, here),
    ];
    const good = [
      signedRecord(),
      signedPass(),
      encodeMailRequest({ type: "collect", pass: signedPass() }),
      mailAnswers.key.encode({ record: null, pass: null, serves: 1, stampBits: 20 }),
    ];
    const damaged = fc
      .tuple(fc.constantFrom(...good), fc.nat(2_000), fc.integer({ min: 1, max: 255 }), fc.boolean())
      .map(([bytes, at, flip, isCut]) => {
        const place = at % bytes.length;
        return isCut ? bytes.slice(0, place) : bytes.map((byte, i) => (i === place ? byte ^ flip : byte));
      });
    fc.assert(
      fc.property(fc.oneof(bytesOf(0, 64), damaged), (bytes) => {
        for (const read of readers) expect(typeof read(bytes).ok).toBe("boolean");
      }),
      { numRuns: 300 },
    );
    expect(decodeEnvelope(new Uint8Array(mailLimits.envelopeBytes + 1))).toMatchObject({ code: "too-large" });
    // [2, …]: sealed in a way that is not known here.
    expect(decodeEnvelope(Uint8Array.of(0x82, 0x02, 0x00))).toMatchObject({ code: "unknown-version" });
    expect(decodeMailRequest(Uint8Array.of(0x81, 0x19, 0x02, 0x00))).toMatchObject({ code: "unknown-version" });
  });

  it("are taken while they are neither too old nor from the future", () => {
    const at = (madeAtMs: number) =>
      timelyEnvelope(
        encodeEnvelope({
          type: "x-wing",
          to: networkId,
          madeAtMs,
          encapsulation: new Uint8Array(1_120),
          sealed: new Uint8Array(528),
        }),
        nowMs,
      );
    const { clockErrorMs, envelopeLifeMs } = mailLimits;
    expect([at(nowMs), at(nowMs + clockErrorMs), at(nowMs - envelopeLifeMs)].map(({ ok }) => ok)).toEqual([
      true,
      true,
      true,
    ]);
    expect(at(nowMs + clockErrorMs + 1)).toMatchObject({ code: "time-too-late" });
    expect(at(nowMs - envelopeLifeMs - 1)).toMatchObject({ code: "expired" });
  });
});

describe("what an identity signs about its mail", () => {
  it("is read if its key has signed every byte of it", () => {
    expect(readKeyRecord(signedRecord(), nowMs)).toMatchObject({ ok: true, value: record });
    expect(readMailPass(signedPass(), here)).toMatchObject({ ok: true, value: pass });
    for (const [bytes, read] of [
      [signedRecord(), (altered: Uint8Array) => readKeyRecord(altered, nowMs)],
      [signedPass(), (altered: Uint8Array) => readMailPass(altered, here)],
    ] as const) {
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
          expect(read(bytes.map((byte, i) => (i === at ? byte ^ flip : byte))).ok).toBe(false);
        }),
        { numRuns: 60 },
      );
    }
  });

  it("is good for its time, its peer and its network alone", () => {
    const { recordLifeMs, clockErrorMs, passLifeMs } = mailLimits;
    expect(readKeyRecord(signedRecord(), nowMs + recordLifeMs)).toMatchObject({ ok: true });
    expect(readKeyRecord(signedRecord(), nowMs + recordLifeMs + 1)).toMatchObject({ code: "expired" });
    expect(readKeyRecord(signedRecord(), nowMs - clockErrorMs - 1)).toMatchObject({ code: "time-too-late" });
    expect(readMailPass(signedPass(), { ...here, nowMs: pass.untilMs })).toMatchObject({ code: "expired" });
    expect(readMailPass(signedPass(), { ...here, peerId: "12D3KooWother" })).toMatchObject({ code: "bad-signature" });
    expect(readMailPass(signedPass(), { ...here, networkId: publicKey.slice(1) })).toMatchObject({
      code: "wrong-network",
    });
    const long = { ...pass, untilMs: nowMs + passLifeMs + clockErrorMs + 1 };
    expect(readMailPass(signedPass(long), here)).toMatchObject({ code: "expires-too-late" });
  });
});
