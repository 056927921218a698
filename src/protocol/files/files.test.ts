import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8ToBytes } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { fileLimits } from "./limits.ts";
import { cidOf, readFileLink, writeFileLink } from "./link.ts";
import {
  decodeManifest,
  decodeTable,
  encodeManifest,
  encodeTable,
  type LargeManifest,
  type Manifest,
  mostFileBytes,
  tableCount,
} from "./manifest.ts";
import {
  type BlockRequest,
  blockWireLimits,
  decodeBlockRequest,
  encodeBlockRequest,
  fittingBlocks,
  haveAnswers,
  releasedAnswers,
  roomAnswers,
  shortAnswerBytes,
  wantAnswers,
} from "./requests.ts";
import { codeFor, copiesFor, cut, join, seal, shardsKnown, tagBytes, unseal } from "./sealing.ts";
import { checkStripe, type Stripe, stripeId } from "./stripe.ts";

const bytesOf = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });

/** A manifest of a file of some size, whose numbers fit. */
const manifests: fc.Arbitrary<Manifest> = fc
  .record({
    sizeBytes: fc.nat(3 * fileLimits.chunkBytes),
    name: fc.string({ maxLength: 60, unit: "grapheme" }),
    parity: fc.nat(3),
  })
  .chain(({ sizeBytes, name, parity }) => {
    const { data } = codeFor(sizeBytes, 12);
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

describe("the code of a new file", () => {
  it("is 10 + 2 where each shard has a keeper of its own, else 4 + 4, and copies of what fits into one shard", () => {
    expect(codeFor(fileLimits.chunkBytes, 12)).toEqual({ data: 10, parity: 2 });
    expect(codeFor(fileLimits.chunkBytes, 11)).toEqual({ data: 4, parity: 4 });
    for (const keepers of [0, 1, 11, 12, 200]) {
      expect(codeFor(104_842, keepers)).toEqual(copiesFor(keepers));
      // As many may be lost of what is whole.
      expect(copiesFor(keepers)).toEqual({ data: 1, parity: codeFor(104_843, keepers).parity });
    }
  });

  it.each([0, 12])("makes shards that are no larger than a block, for %i keepers", (keepers) => {
    fc.assert(
      fc.property(fc.nat(2 * fileLimits.chunkBytes), (sizeBytes) => {
        const sealedBytes = Math.min(sizeBytes, fileLimits.chunkBytes) + tagBytes;
        expect(Math.ceil(sealedBytes / codeFor(sizeBytes, keepers).data)).toBeLessThanOrEqual(fileLimits.blockBytes);
      }),
    );
  });
});

describe("a stripe", () => {
  const stripes: fc.Arbitrary<Stripe> = fc
    .array(bytesOf(32), { minLength: 1, maxLength: 14 })
    .chain((shards) =>
      fc.record({ data: fc.integer({ min: 2, max: Math.max(2, shards.length) }), shards: fc.constant(shards) }),
    );

  it("has at least as many shards as it needs, and of copies all the same", () => {
    fc.assert(
      fc.property(
        stripes,
        (stripe) =>
          checkStripe(stripe).ok ===
          (stripe.data <= stripe.shards.length && stripe.shards.length <= 2 * stripe.data + 4),
      ),
    );
    const [a, b] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
    expect(checkStripe({ data: 1, shards: [a, a, a] }).ok).toBe(true);
    for (const wrong of [
      { data: 1, shards: [a, b] },
      { data: 0, shards: [a] },
      { data: 2, shards: [a] },
      // A copy for everybody, made by the keepers.
      { data: 1, shards: Array.from({ length: 7 }, () => a) },
    ])
      expect(checkStripe(wrong)).toMatchObject({ ok: false, code: "out-of-range" });
  });

  it("goes by all its shards and its code, copies by their one name", () => {
    const [a, b] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
    const ids = [
      { data: 1, shards: [a] },
      { data: 2, shards: [a, b] },
      { data: 2, shards: [b, a] },
      { data: 3, shards: [a, b, b] },
      { data: 2, shards: [a, b, b] },
    ].map((stripe) => stripeId(stripe).join());
    expect(new Set(ids).size).toBe(ids.length);
    expect(stripeId({ data: 1, shards: [a, a] }).join()).toBe(ids[0]);
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
    const bytes = encodeManifest({ type: "file", name, sizeBytes, ...codeFor(sizeBytes, 12), chunks });
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

describe("a manifest of a large file", () => {
  const spanBytes = fileLimits.chunks * fileLimits.chunkBytes;
  const link = fc.record({ digest: bytesOf(32), key: bytesOf(32) });
  const large: fc.Arbitrary<LargeManifest> = fc
    .tuple(fc.integer({ min: spanBytes + 1, max: mostFileBytes }), fc.nat(4), fc.string({ maxLength: 60 }))
    .chain(([sizeBytes, parity, name]) => {
      const count = tableCount({ sizeBytes });
      return fc
        .array(link, { minLength: count, maxLength: count })
        .map((tables) => ({ type: "large" as const, name, sizeBytes, data: 10, parity, tables }));
    });
  const chunk = { key: new Uint8Array(32), shards: new Array<Uint8Array>(12).fill(new Uint8Array(32)) };
  const chunksOf = (count: number) => new Array<typeof chunk>(count).fill(chunk);
  const facts = { name: "a", data: 10, parity: 2 };
  const tablesOf = (count: number) =>
    Array.from({ length: count }, () => ({ digest: new Uint8Array(32), key: new Uint8Array(32) }));
  const good: LargeManifest = { type: "large", ...facts, sizeBytes: spanBytes + 1, tables: tablesOf(2) };

  it("comes back as it was, up to 4 GiB; one changed byte or a lost end is another manifest or none", () => {
    expect(mostFileBytes).toBe(4 * 2 ** 30);
    fc.assert(
      fc.property(large, fc.nat(), (manifest, at) => {
        const bytes = encodeManifest(manifest);
        expect(decodeManifest(bytes)).toEqual({ ok: true, value: manifest });
        expect(decodeManifest(bytes.subarray(0, at % bytes.length)).ok).toBe(false);
        const changed = bytes.slice();
        changed[at % bytes.length] = (changed[at % bytes.length] as number) ^ (1 << (at % 8));
        const read = decodeManifest(changed);
        if (read.ok) expect(encodeManifest(read.value)).toEqual(changed);
      }),
      { numRuns: 25 },
    );
  });

  it("sealed, opens for none of its bytes changed and none of its ends lost, nor does a table", () => {
    const key = new Uint8Array(32).fill(4);
    for (const clear of [encodeManifest(good), encodeTable(chunksOf(1))]) {
      const sealed = seal(clear, key);
      for (let at = 0; at < sealed.length; at++) {
        const changed = sealed.slice();
        changed[at] = (changed[at] as number) ^ 1;
        expect(unseal(changed, key).ok || unseal(sealed.subarray(0, at), key).ok).toBe(false);
      }
    }
  });

  it("is refused if its numbers do not fit: too many tables or too few, a file that needs none, a code that is none", () => {
    expect(decodeManifest(encodeManifest(good)).ok).toBe(true);
    const hostile: Partial<LargeManifest>[] = [
      { tables: [] },
      { tables: tablesOf(1) },
      { tables: tablesOf(3) },
      { sizeBytes: spanBytes, tables: tablesOf(1) },
      { sizeBytes: 0, tables: [] },
      { sizeBytes: 2 * spanBytes + 1 },
      { data: 0 },
      { data: 1 },
      { data: 200, parity: 200 },
    ];
    for (const change of hostile)
      expect(decodeManifest(encodeManifest({ ...good, ...change }))).toMatchObject({ ok: false });
    const file: Manifest = { type: "file", ...facts, sizeBytes: spanBytes + 1, chunks: chunksOf(fileLimits.chunks) };
    expect(decodeManifest(encodeManifest(file))).toMatchObject({ ok: false });
  });

  it("cannot be of 10⁹ chunks, nor announce lists that never come", () => {
    const sizeBytes = 1e9 * fileLimits.chunkBytes;
    const tooMany = tablesOf(fileLimits.tables + 1);
    for (const change of [{ sizeBytes }, { tables: tooMany }, { sizeBytes, tables: tooMany }])
      expect(decodeManifest(encodeManifest({ ...good, ...change })).ok).toBe(false);
    expect(decodeTable(encodeTable(chunksOf(fileLimits.chunks + 1)), good, 0).ok).toBe(false);
    const bytes = encodeManifest(good);
    // The last nine bytes are a key's, which may be any.
    for (let at = 0; at < bytes.length - 9; at++)
      for (const announced of [0x9b, 0xbb, 0x5b]) {
        const hostile = Uint8Array.of(...bytes.subarray(0, at), announced, ...new Uint8Array(7), 255);
        expect(decodeManifest(hostile).ok).toBe(false);
      }
  });

  it("has tables that name just their part, and none passes for a manifest or the other way", () => {
    const full = encodeTable(chunksOf(fileLimits.chunks));
    expect(full.length + tagBytes).toBeLessThanOrEqual(fileLimits.blockBytes);
    expect(decodeTable(full, good, 0)).toMatchObject({ ok: true, value: { length: fileLimits.chunks } });
    const last = encodeTable(chunksOf(1));
    expect(decodeTable(last, good, 1).ok).toBe(true);
    for (const [bytes, place] of [
      [full, 1],
      [last, 0],
      [last, 2],
      [encodeTable([]), 1],
      [encodeTable([{ ...chunk, shards: chunk.shards.slice(1) }]), 1],
      [encodeManifest(good), 1],
    ] as const)
      expect(decodeTable(bytes, good, place).ok).toBe(false);
    expect(decodeManifest(last).ok).toBe(false);
    fc.assert(fc.property(bytesOf(0, 500), (noise) => !decodeTable(noise, good, 1).ok));
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
  const some = fc.array(bytesOf(32), { minLength: 1, maxLength: 5 });
  const keeps: fc.Arbitrary<BlockRequest> = fc
    .record({
      shards: fc.array(bytesOf(32), { minLength: 3, maxLength: 8 }),
      untilMs: fc.nat(),
      marks: fc.array(bytesOf(32), { maxLength: 4 }),
      all: fc.array(bytesOf(1, 300), { maxLength: 3 }),
    })
    .map(({ shards, untilMs, marks, all }) => ({
      type: "keep",
      stripe: { data: 2, shards },
      untilMs,
      marks,
      places: all.map((_, i) => i),
      blocks: all,
    }));
  const requests: fc.Arbitrary<BlockRequest> = fc.oneof(
    fc.record({ type: fc.constantFrom("want" as const, "have" as const), digests: some.map((all) => all.slice(0, 3)) }),
    fc.record({ type: fc.constant("room" as const) }),
    fc.record({ type: fc.constant("offers" as const) }),
    fc.record({ type: fc.constant("allow" as const), stamp: bytesOf(8) }),
    fc.record({
      type: fc.constant("release" as const),
      releases: some.map((all) => all.map((id) => ({ id, secret: id }))),
    }),
    fc.record({ type: fc.constant("released" as const), marks: some }),
    keeps,
    keeps.map((request): BlockRequest => {
      if (request.type !== "keep") return request;
      const [digest = new Uint8Array(32)] = request.stripe.shards;
      return {
        ...request,
        type: "publish",
        stripe: { data: 1, shards: request.stripe.shards.map(() => digest).slice(0, 5) },
        places: [],
        blocks: [],
      };
    }),
  );

  it("and answers come back as they were; noise is refused", () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(decodeBlockRequest(encodeBlockRequest(request))).toEqual({ ok: true, value: request });
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.option(bytesOf(1, 300)), { maxLength: 3 }), bytesOf(0, 50), (blocks, here) => {
        expect(wantAnswers.decode(wantAnswers.encode({ blocks }))).toEqual({ ok: true, value: { blocks } });
        expect(haveAnswers.decode(haveAnswers.encode({ here }))).toEqual({ ok: true, value: { here } });
        const room = { offeredBytes: here.length, freeBytes: 1, challenge: new Uint8Array(32), others: ["a", "b"] };
        expect(roomAnswers.decode(roomAnswers.encode(room))).toEqual({ ok: true, value: room });
      }),
    );
    fc.assert(fc.property(bytesOf(0, 300), (noise) => !decodeBlockRequest(noise).ok && !wantAnswers.decode(noise).ok));
  });

  const keepOf = (
    blocks: readonly Uint8Array[],
    places: readonly number[] = blocks.map((_, i) => i),
  ): BlockRequest => ({
    type: "keep",
    stripe: { data: 2, shards: Array.from({ length: 4 }, () => new Uint8Array(32)) },
    untilMs: 0,
    marks: [],
    places,
    blocks,
  });

  it("hold no more blocks than may be, and none that is too big", () => {
    const block = new Uint8Array(fileLimits.blockBytes);
    const read = (blocks: readonly Uint8Array[]) => decodeBlockRequest(encodeBlockRequest(keepOf(blocks)));
    expect(read(new Array<Uint8Array>(fileLimits.blocksAtOnce).fill(block)).ok).toBe(true);
    expect(read(new Array<Uint8Array>(fileLimits.blocksAtOnce + 1).fill(new Uint8Array(1))).ok).toBe(false);
    // One of a public file may be larger, and then comes alone.
    expect(read([new Uint8Array(fileLimits.publicBlockBytes)]).ok).toBe(true);
    expect(read([new Uint8Array(fileLimits.publicBlockBytes + 1)]).ok).toBe(false);
    expect(read([new Uint8Array(fileLimits.publicBlockBytes), block]).ok).toBe(false);
    // Without any it asks to keep longer what is there.
    expect(read([]).ok).toBe(true);
    // Shards are for nobody but who has the others and a key.
    const published = { ...keepOf([block]), type: "publish" } as BlockRequest;
    expect(decodeBlockRequest(encodeBlockRequest(published))).toMatchObject({ ok: false, code: "out-of-range" });
  });

  it("are answered with as many blocks as one answer has room for", () => {
    const [large, shard] = [new Uint8Array(fileLimits.publicBlockBytes), new Uint8Array(fileLimits.blockBytes)];
    for (const [asked, given] of [
      [[large], [large]],
      [
        [shard, shard, shard],
        [shard, shard, shard],
      ],
      [
        [large, shard, null],
        [large, null, null],
      ],
      [
        [shard, large, shard],
        [shard, null, shard],
      ],
    ] as const) {
      const blocks = fittingBlocks(asked);
      expect(blocks.map((block, i) => block === given[i])).toEqual([...given.keys()].map(() => true));
      expect(wantAnswers.encode({ blocks }).length).toBeLessThanOrEqual(blockWireLimits.answerBytes);
    }
  });

  it("name a place for each block: in the stripe, in order, none twice", () => {
    const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)];
    const read = (places: readonly number[]) => decodeBlockRequest(encodeBlockRequest(keepOf([a, b], places)));
    expect(read([1, 3]).ok).toBe(true);
    for (const places of [[1], [1, 2, 3], [3, 1], [1, 1], [1, 4]])
      expect(read(places)).toMatchObject({ ok: false, code: expect.stringMatching(/out-of-range|too-many/) });
  });

  it("that ask how much room there is are answered in few bytes, however many keepers there are", () => {
    const others = Array.from({ length: 32 }, () => "p".repeat(128));
    const most = Number.MAX_SAFE_INTEGER;
    const room = roomAnswers.encode({ offeredBytes: most, freeBytes: most, challenge: new Uint8Array(32), others });
    const here = haveAnswers.encode({ here: new Uint8Array(fileLimits.digestsAtOnce) });
    const told = Array.from({ length: blockWireLimits.releases }, () => new Uint8Array(32));
    const released = releasedAnswers.encode({ secrets: [...told.slice(1), null] });
    expect(releasedAnswers.decode(released)).toEqual({ ok: true, value: { secrets: [...told.slice(1), null] } });
    expect(Math.max(room.length, here.length, released.length)).toBeLessThanOrEqual(shortAnswerBytes);
  });
});
