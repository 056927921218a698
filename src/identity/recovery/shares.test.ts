import fc from "fast-check";
import { combine } from "shamir-secret-sharing";
import { describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { signDigest } from "#protocol/crypto/signature.ts";
import type { Result } from "#protocol/result.ts";
import { testKey } from "#testing/ledger-fixtures.ts";
import { Random } from "#testing/random.ts";
import { readRecoveryFile, wordsOf, writeRecoveryFile } from "./files.ts";
import {
  checkShareOrder,
  combineShares,
  longestWaitMs,
  makeShares,
  mostShares,
  readShare,
  type Share,
} from "./shares.ts";

const owner = testKey(1);
const random = new Random(5);

function answerOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

async function made(entropy: Uint8Array, required: number, total: number, key = owner): Promise<readonly Share[]> {
  const by = { owner: key.publicKey, sign: (digest: Uint8Array) => signDigest(digest, key.secret) };
  const order = { required, total, waitMs: 1_000, madeAtMs: 5 };
  const texts = answerOf(await makeShares(entropy, order, by, (length) => random.bytes(length)));
  return texts.map((text) => answerOf(readShare(text)));
}

/** How many of how many, entropy of 12 or 24 words, and which shares come. */
const cases = fc
  .record({ total: fc.integer({ min: 2, max: mostShares }), seed: fc.nat(), words: fc.constantFrom(16, 32) })
  .chain(({ total, seed, words }) =>
    fc.record({
      total: fc.constant(total),
      required: fc.integer({ min: 2, max: total }),
      entropy: fc.constant(new Random(seed).bytes(words)),
      order: fc.shuffledSubarray(
        Array.from({ length: total }, (_, at) => at),
        { minLength: total, maxLength: total },
      ),
    }),
  );

describe("shares", () => {
  it("bring the entropy back, any of them that are enough, in any order; one fewer is refused", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ total, required, entropy, order }) => {
        const all = await made(entropy, required, total);
        const chosen = order.map((at) => all[at] as Share);
        for (const count of new Set([required, total])) {
          expect(answerOf(await combineShares(chosen.slice(0, count), owner.publicKey))).toEqual(entropy);
        }
        const fewer = chosen.slice(0, required - 1);
        const doubled = [...fewer, ...fewer.slice(0, 1)];
        for (const some of [fewer, doubled]) {
          expect(await combineShares(some, owner.publicKey)).toMatchObject({ ok: false, code: "too-few-shares" });
        }
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it("say nothing while one is missing: every value of every byte of the secret is left, each once", async () => {
    for (const [required, total] of [
      [2, 2],
      [2, 5],
      [3, 4],
      [5, 7],
    ] as const) {
      const entropy = random.bytes(16);
      const shares = await made(entropy, required, total);
      const known = shares.slice(0, required - 1).map(({ part }) => part);
      const missing = shares[required - 1]?.part as Uint8Array;
      // Whatever the missing share is, it makes another secret; all 256 values of a byte occur for its 256 values.
      const secrets = new Set<number>();
      for (let value = 0; value < 256; value++) {
        const guess = missing.slice();
        guess.fill(value, 0, -1);
        const secret = await combine([...known, guess]);
        secrets.add(secret[0] as number);
      }
      expect(secrets.size).toBe(256);
    }
  });

  it("are made anew each time: no two makings have a share in common, nor does a share hold the secret", async () => {
    const entropy = random.bytes(16);
    const makings = await Promise.all([made(entropy, 2, 3), made(entropy, 2, 3)]);
    const parts = makings.flat().map(({ part }) => part.slice(0, -1));
    for (const [at, part] of parts.entries()) {
      expect(equalBytes(part, entropy)).toBe(false);
      expect(parts.slice(at + 1).some((other) => equalBytes(part, other))).toBe(false);
    }
  });

  it("of another owner, of another making, altered, or none at all are refused in words", async () => {
    const entropy = random.bytes(16);
    const [one, two] = await made(entropy, 2, 2);
    const [later] = await made(entropy, 2, 2);
    const stranger = testKey(2);
    const [foreign] = await made(entropy, 2, 2, stranger);
    const join = (...shares: (Share | undefined)[]) => combineShares(shares as Share[], owner.publicKey);
    expect(await join(one, foreign)).toMatchObject({
      code: "bad-share",
      message: expect.stringMatching(/Share 2 belongs to somebody else/),
    });
    expect(await join(one, later)).toMatchObject({
      code: "bad-share",
      message: expect.stringMatching(/another making/),
    });
    expect(await join()).toMatchObject({ code: "too-few-shares" });
    expect((await join(one, two)).ok).toBe(true);

    const by = { owner: owner.publicKey, sign: (digest: Uint8Array) => signDigest(digest, owner.secret) };
    const order = { required: 2, total: 2, waitMs: 0, madeAtMs: 0 };
    const [text = ""] = answerOf(await makeShares(entropy, order, by, (length) => random.bytes(length)));
    for (let at = 0; at < text.length; at += 3) {
      const altered = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
      expect(readShare(altered).ok, `altered at ${at}`).toBe(false);
    }
    for (const other of ["", "hello", text.slice(0, -4), `${text}AAAA`]) expect(readShare(other).ok).toBe(false);
  });

  it.each([
    [1, 3, 0],
    [0, 3, 0],
    [3, 2, 0],
    [2, mostShares + 1, 0],
    [1.5, 3, 0],
    [2, 3, -1],
    [2, 3, longestWaitMs + 1],
    [Number.NaN, 3, 0],
  ])("are not made %s of %s with a wait of %s", (required, total, waitMs) => {
    expect(checkShareOrder({ required, total, waitMs }).ok).toBe(false);
  });
});

describe("files of recovery", () => {
  it("come back as they were, with spaces around them, and say what they are instead", () => {
    const bytes = random.bytes(900);
    const text = writeRecoveryFile("share", bytes);
    expect(answerOf(readRecoveryFile("share", `\n ${text} \n`))).toEqual(bytes);
    expect(readRecoveryFile("request", text)).toMatchObject({
      message: expect.stringMatching(/This is a recovery share/),
    });
    expect(readRecoveryFile("share", text.replace(" 1\n", " 2\n"))).toMatchObject({ code: "unknown-version" });
    for (const other of ["", "hello", text.slice(0, 20), `${text}!`]) {
      expect(readRecoveryFile("share", other)).toMatchObject({ ok: false, code: "bad-share" });
    }
  });

  it("have six words of the list, others for each request", () => {
    const words = [random.bytes(100), random.bytes(100)].map(wordsOf);
    for (const one of words) expect(one).toMatch(/^([a-z]{3,8} ){5}[a-z]{3,8}$/);
    expect(words[0]).not.toBe(words[1]);
    expect(wordsOf(Uint8Array.of(1, 2, 3))).toBe(wordsOf(Uint8Array.of(1, 2, 3)));
  });
});
