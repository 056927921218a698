import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8ToBytes } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { fileLimits } from "./limits.ts";
import { cidOf, readFileLink, writeFileLink } from "./link.ts";
import { decodeManifest, encodeManifest, type Manifest } from "./manifest.ts";
import { type BlockRequest, decodeBlockRequest, encodeBlockRequest, wantAnswers } from "./requests.ts";
import { codeFor, cut, join, seal, shardsKnown, tagBytes, unseal } from "./sealing.ts";

const bytesOf = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });

/** A manifest of a file of some size, whose numbers fit. */
const manifests: fc.Arbitrary<Manifest> = fc
  .record({
    sizeBytes: fc.nat(3 * fileLimits.chunkBytes),
    name: fc.string({ maxLength: 60, unit: "grapheme" }),
    parity: fc.nat(3),
  })
  .chain(({ sizeBytes, name, parity }) => {
    const { data } = codeFor(sizeBytes);
    const chunks = Math.ceil(sizeBytes / fileLimits.chunkBytes);
    const shards = fc.array(bytesOf(32), { minLength: data + parity, maxLength: data + parity });
    return fc
      .array(fc.record({ key: bytesOf(32), shards }), { minLength: chunks, maxLength: chunks })
      .map((all) => ({ type: "file" as const, name, sizeBytes, data, parity, chunks: all }));
  });

describe("sealing", () => {
  it("gives back what was cut and joined, and nothing at all if any byte is another or missing", () => {
    fc.assert(
      fc.property(
        bytesOf(0, 2_000),
        bytesOf(32),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(),
        (clear, key, count, at) => {
          const sealed = seal(clear, key);
          const shards = cut(sealed, count);
          expect(new Set(shards.map(({ length }) => length)).size).toBe(1);
          const joined = join(shards, sealed.length);
          expect(joined.ok && unseal(joined.value, key)).toEqual({ ok: true, value: clear });
          const spoilt = sealed.slice();
          spoilt[at % spoilt.length] = (spoilt[at % spoilt.length] as number) ^ (1 << (at % 8));
          expect(unseal(spoilt, key)).toMatchObject({ ok: false, code: "bad-response" });
          expect(unseal(sealed.subarray(0, at % sealed.length), key)).toMatchObject({ ok: false });
          const otherKey = key.map((byte, i) => (i === at % 32 ? byte ^ 1 : byte));
          expect(unseal(sealed, otherKey)).toMatchObject({ ok: false });
        },
      ),
    );
  });

  it("knows the shards that are nothing but filling before they came, and no others", () => {
    fc.assert(
      fc.property(fc.integer({ min: 17, max: 400 }), fc.integer({ min: 1, max: 20 }), (length, data) => {
        const shards = cut(new Uint8Array(length).fill(1), data);
        const known = shardsKnown({ data, parity: 2 }, length);
        expect(known).toHaveLength(data + 2);
        expect(known).toEqual([...shards.map((shard) => (shard.includes(1) ? null : shard)), null, null]);
      }),
    );
  });

  it("refuses a shard of another size", () => {
    const shards = [...cut(new Uint8Array(100), 3)];
    shards[1] = new Uint8Array(33);
    expect(join(shards, 100)).toMatchObject({ ok: false, code: "bad-response" });
  });
});

describe("a manifest", () => {
  it("comes back as it was, from one encoding alone", () => {
    fc.assert(
      fc.property(manifests, (manifest) => {
        const bytes = encodeManifest(manifest);
        expect(decodeManifest(bytes)).toEqual({ ok: true, value: manifest });
        expect(bytes.length).toBeLessThanOrEqual(fileLimits.manifestBytes);
      }),
      { numRuns: 40 },
    );
  });

  it("of the largest file is within its bound", () => {
    const chunk = { key: new Uint8Array(32), shards: new Array<Uint8Array>(12).fill(new Uint8Array(32)) };
    const sizeBytes = fileLimits.chunks * fileLimits.chunkBytes;
    const chunks = new Array<typeof chunk>(fileLimits.chunks).fill(chunk);
    const name = "n".repeat(fileLimits.nameBytes);
    const bytes = encodeManifest({ type: "file", name, sizeBytes, ...codeFor(sizeBytes), chunks });
    expect(bytes.length + tagBytes).toBeLessThanOrEqual(fileLimits.blockBytes);
    expect(decodeManifest(bytes).ok).toBe(true);
  });

  it("whose numbers do not fit is refused: no shards, too many chunks or too few, shards larger than a block", () => {
    const chunk = { key: new Uint8Array(32), shards: [new Uint8Array(32)] };
    const good: Manifest = { type: "file", name: "a", sizeBytes: 5, data: 1, parity: 0, chunks: [chunk] };
    expect(decodeManifest(encodeManifest(good)).ok).toBe(true);
    const hostile: Partial<Manifest>[] = [
      { data: 0 },
      { data: 2 },
      { parity: 1 },
      { data: 200, parity: 200 },
      { chunks: [] },
      { chunks: [chunk, chunk] },
      { sizeBytes: 0 },
      { sizeBytes: fileLimits.chunkBytes },
      { sizeBytes: fileLimits.chunkBytes + 1 },
    ];
    for (const change of hostile)
      expect(decodeManifest(encodeManifest({ ...good, ...change }))).toMatchObject({ ok: false });
  });

  it("of noise is refused", () => {
    fc.assert(fc.property(bytesOf(0, 500), (noise) => !decodeManifest(noise).ok));
  });
});

describe("a link", () => {
  it("holds a CIDv1 of raw bytes and SHA-256, as other tools write it", () => {
    expect(cidOf(sha256(utf8ToBytes("hello world")))).toBe(
      "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
    );
  });

  it("is read by itself and out of an address, and in no other form", () => {
    fc.assert(
      fc.property(bytesOf(32), bytesOf(32), fc.nat(), (digest, key, at) => {
        const link = writeFileLink({ digest, key });
        const read = { ok: true, value: { digest, key } };
        expect(readFileLink(link)).toEqual(read);
        expect(readFileLink(` https://app.example/#file=${link} `.trim())).toEqual(read);
        expect(readFileLink(`web+aether:#x=1&file=${link}`)).toEqual(read);
        expect(readFileLink(link.slice(0, at % link.length))).toMatchObject({ ok: false, code: "invalid-argument" });
        expect(readFileLink(`${link}a`)).toMatchObject({ ok: false });
      }),
    );
    const foreign = `bafybei${"a".repeat(52)}.${"A".repeat(43)}`;
    for (const other of ["", "notes.txt", foreign, `${"b".repeat(59)}.${"A".repeat(43)}`])
      expect(readFileLink(other)).toMatchObject({ ok: false, code: "invalid-argument" });
  });
});

describe("requests", () => {
  const requests: fc.Arbitrary<BlockRequest> = fc.oneof(
    fc.record({ type: fc.constant("want" as const), digests: fc.array(bytesOf(32), { minLength: 1, maxLength: 5 }) }),
    fc.record({
      type: fc.constant("keep" as const),
      blocks: fc.array(bytesOf(1, 300), { minLength: 1, maxLength: 5 }),
      stamp: bytesOf(8),
    }),
  );

  it("and answers come back as they were; noise is refused", () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(decodeBlockRequest(encodeBlockRequest(request))).toEqual({ ok: true, value: request });
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.option(bytesOf(1, 300)), { maxLength: 5 }), (blocks) => {
        expect(wantAnswers.decode(wantAnswers.encode({ blocks }))).toEqual({ ok: true, value: { blocks } });
      }),
    );
    fc.assert(fc.property(bytesOf(0, 300), (noise) => !decodeBlockRequest(noise).ok && !wantAnswers.decode(noise).ok));
  });

  it("hold no more blocks than may be, and none that is too big", () => {
    const block = new Uint8Array(fileLimits.blockBytes);
    const stamp = new Uint8Array(8);
    const keep = (blocks: readonly Uint8Array[]) =>
      decodeBlockRequest(encodeBlockRequest({ type: "keep", blocks, stamp }));
    expect(keep(new Array<Uint8Array>(fileLimits.blocksAtOnce).fill(block)).ok).toBe(true);
    expect(keep(new Array<Uint8Array>(fileLimits.blocksAtOnce + 1).fill(new Uint8Array(1)))).toMatchObject({
      ok: false,
    });
    expect(keep([new Uint8Array(fileLimits.blockBytes + 1)])).toMatchObject({ ok: false });
    expect(keep([])).toMatchObject({ ok: false });
  });
});
