/** Keys of shared files, wrapped for certain people: who opens them, who does not, and what is noticed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { signDigest } from "#protocol/crypto/signature.ts";
import {
  type AddressedManifest,
  decodeLinked,
  encodeAddressed,
  type FileAddress,
  signAddress,
} from "#protocol/files/addressed.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { readFileLink, writeFileLink } from "#protocol/files/link.ts";
import { decodeManifest, encodeManifest } from "#protocol/files/manifest.ts";
import { seal, unseal } from "#protocol/files/sealing.ts";
import { accepted, type Result } from "#protocol/result.ts";
import { Random } from "#testing/random.ts";
import { type OpenedWrap, unwrapFileKey, wrapFileKey } from "./file-wraps.ts";
import { encryptionKeyOf } from "./hybrid-seal.ts";
import { type IdentityKeys, keysOfSeed } from "./keys.ts";
import { phraseFromEntropy, seedOfPhrase } from "./phrase.ts";

const random = new Random(23);
const madeAtMs = 1_790_000_000_000;

const keysOf = (n: number): IdentityKeys => keysOfSeed(seedOfPhrase(phraseFromEntropy(new Uint8Array(16).fill(n))));
const [ann, bob, carol, eve] = [keysOf(1), keysOf(2), keysOf(3), keysOf(4)] as const;

const readerOf = ({ signingKey, encryptionSeed }: IdentityKeys) => ({
  signingKey,
  encryptionKey: encryptionKeyOf(encryptionSeed),
});
const writerOf = ({ signingKey, signingSecret }: IdentityKeys) => ({
  signingKey,
  sign: (digest: Uint8Array) => signingSecret.use((secret) => signDigest(digest, secret)),
});

const manifest = encodeManifest({ type: "file", name: "a.txt", sizeBytes: 0, data: 1, parity: 4, chunks: [] });
const key = random.bytes(32);
const sealed = seal(manifest, key);
const digest = sha256(sealed);

function addressed(readers: readonly IdentityKeys[], from = ann): AddressedManifest {
  const made = { madeAtMs, random: (length: number) => random.bytes(length) };
  const address = wrapFileKey({ digest, key }, readers.map(readerOf), writerOf(from), made);
  if (!address.ok) throw new Error(address.message);
  return { type: "addressed", ...address.value, manifest: sealed };
}

const openedBy = (block: AddressedManifest, ...keys: readonly IdentityKeys[]): Result<OpenedWrap> =>
  unwrapFileKey(sha256(block.manifest), block, keys);

const forBobAndCarol = addressed([bob, carol]);

/** All that `get` does with a link and the block that it names: null if any of it is refused. */
function nameOpened(link: string, block: Uint8Array, reader: IdentityKeys): string | null {
  const read = readFileLink(link);
  if (!read.ok || !equalBytes(sha256(block), read.value.digest)) return null;
  const clear = unseal(block, read.value.key);
  const linked = clear.ok ? decodeLinked(clear.value) : clear;
  if (!linked.ok || linked.value.type !== "addressed") return null;
  const unwrapped = openedBy(linked.value, reader);
  if (!unwrapped.ok) return null;
  const inside = unseal(linked.value.manifest, unwrapped.value.key);
  const file = inside.ok ? decodeManifest(inside.value) : inside;
  return file.ok ? file.value.name : null;
}

describe("a wrapped file key", () => {
  it("opens for each of those whom it is for, and says who shared it; for nobody else", () => {
    for (const reader of [bob, carol]) {
      const opened = openedBy(forBobAndCarol, reader);
      expect(opened).toEqual(accepted({ key, from: ann.signingKey }));
      expect(openedBy(forBobAndCarol, eve, reader)).toEqual(opened);
    }
    for (const other of [eve, ann])
      expect(openedBy(forBobAndCarol, other)).toMatchObject({ ok: false, code: "wrong-holder" });
  });

  it("tells who has the link neither who shared it nor with whom: nothing of it is in the block, nor in its order", () => {
    const bytes = toHex(encodeAddressed(forBobAndCarol));
    for (const { signingKey, keyHash } of [ann, bob, carol])
      for (const known of [signingKey, keyHash]) expect(bytes).not.toContain(toHex(known));
    const first = new Set<string>();
    // Which comes first is drawn with each encapsulation.
    while (first.size < 2) {
      const block = addressed([bob, carol]);
      const opened = openedBy({ ...block, wraps: block.wraps.slice(0, 1) }, bob);
      // The signature names all wraps: one that was left alone opens for Bob if it is his, and is not believed.
      if (!opened.ok) first.add(opened.code);
    }
    expect([...first].toSorted()).toEqual(["bad-signature", "wrong-holder"]);
  });

  it("is not believed when another signed it, or who signed it is not who is named", () => {
    const { wraps } = forBobAndCarol;
    const forged = (by: { signingKey: Uint8Array; sign(digest: Uint8Array): Uint8Array }): AddressedManifest => ({
      ...forBobAndCarol,
      ...signAddress({ digest, key }, { madeAtMs, wraps }, by),
    });
    // Bob has the key, and can say it is from himself, but not from Ann.
    expect(openedBy(forged(writerOf(bob)), carol)).toEqual(accepted({ key, from: bob.signingKey }));
    const asAnn = forged({ ...writerOf(bob), signingKey: ann.signingKey });
    expect(openedBy(asAnn, carol)).toMatchObject({ ok: false, code: "bad-signature" });
  });

  it("cannot be handed on as if it were shared with somebody else", () => {
    // Bob wraps the key for Eve and puts Ann's proof beside it.
    const forEve = addressed([eve], bob);
    const handedOn = { ...forEve, proof: forBobAndCarol.proof };
    expect(openedBy(handedOn, eve)).toMatchObject({ ok: false, code: "bad-signature" });
    const together: FileAddress = {
      ...forBobAndCarol,
      wraps: [...forBobAndCarol.wraps, ...forEve.wraps],
    };
    expect(openedBy({ ...forBobAndCarol, ...together }, eve)).toMatchObject({ ok: false, code: "bad-signature" });
  });

  it("is for so many people at most, and not for who has no key", () => {
    const made = { madeAtMs, random: (length: number) => random.bytes(length) };
    const wrap = (readers: readonly ReturnType<typeof readerOf>[]) =>
      wrapFileKey({ digest, key }, readers, writerOf(ann), made);
    const many = Array.from({ length: fileLimits.receivers + 1 }, () => readerOf(bob));
    const most = wrap(many);
    expect(most.ok).toBe(true);
    if (most.ok) {
      const block = encodeAddressed({ type: "addressed", ...most.value, manifest: new Uint8Array(131_088) });
      expect(decodeLinked(block).ok).toBe(true);
      expect(block.length + 16).toBeLessThanOrEqual(fileLimits.blockBytes);
    }
    expect(wrap([...many, readerOf(bob)])).toMatchObject({ ok: false, code: "too-many" });
    const noKey = { ...readerOf(bob), encryptionKey: new Uint8Array(7) };
    expect(wrap([noKey])).toMatchObject({ ok: false, code: "no-encryption-key" });
  });
});

describe("a link for certain people", () => {
  const linkKey = random.bytes(32);
  const clear = encodeAddressed(forBobAndCarol);
  const block = seal(clear, linkKey);
  const link = writeFileLink({ digest: sha256(block), key: linkKey });
  const flipped = (bytes: Uint8Array, at: number, bit: number): Uint8Array =>
    bytes.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte));

  it("opens the file for those whom it is for", () => {
    expect(nameOpened(link, block, bob)).toBe("a.txt");
    expect(nameOpened(link, block, carol)).toBe("a.txt");
    expect(nameOpened(link, block, eve)).toBe(null);
  });

  it("opens nothing with any letter changed, cut off or put to it", () => {
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."];
    for (let at = 0; at < link.length; at++) {
      expect(nameOpened(link.slice(0, at), block, bob)).toBe(null);
      for (const letter of letters)
        if (letter !== link[at])
          expect(nameOpened(`${link.slice(0, at)}${letter}${link.slice(at + 1)}`, block, bob)).toBe(null);
    }
    expect(nameOpened(`${link}A`, block, bob)).toBe(null);
  });

  it("opens nothing with any byte of the block changed or cut off, by a keeper", () => {
    fc.assert(
      fc.property(fc.nat(block.length - 1), fc.nat(7), (at, bit) => {
        expect(nameOpened(link, flipped(block, at, bit), bob)).toBe(null);
        expect(nameOpened(link, block.subarray(0, at), bob)).toBe(null);
      }),
    );
  });

  it("opens nothing with any byte inside changed or cut off, by somebody who has the link and makes another of it", () => {
    const remade = (altered: Uint8Array): string | null => {
      const sealedAgain = seal(altered, linkKey);
      return nameOpened(writeFileLink({ digest: sha256(sealedAgain), key: linkKey }), sealedAgain, bob);
    };
    expect(remade(clear)).toBe("a.txt");
    const forBob = encodeAddressed(addressed([bob]));
    expect(remade(forBob)).toBe("a.txt");
    for (let at = 0; at < forBob.length; at++) expect(remade(flipped(forBob, at, at % 8))).toBe(null);
    fc.assert(
      fc.property(fc.nat(clear.length - 1), fc.nat(7), (at, bit) => {
        expect(remade(flipped(clear, at, bit))).toBe(null);
        expect(remade(clear.subarray(0, at))).toBe(null);
      }),
    );
  });

  it("never throws on noise", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3_000 }), (noise) => !decodeLinked(noise).ok));
  });
});
