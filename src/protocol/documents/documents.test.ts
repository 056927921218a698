import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { publicKeyOf, signDigest } from "../crypto/signature.ts";
import type { Result } from "../result.ts";
import { documentLimits } from "./limits.ts";
import { looksLikeDocumentLink, readDocumentLink, writeDocumentLink } from "./link.ts";
import {
  accessTag,
  type DocumentRequest,
  decodeDocumentRequest,
  documentAccess,
  encodeDocumentRequest,
  helloAnswers,
  syncAnswers,
} from "./requests.ts";
import {
  type DocumentWriter,
  mostContentBytes,
  openPresence,
  openUpdate,
  sealPresence,
  sealUpdate,
} from "./sealing.ts";
import {
  type ChainEnd,
  chainOf,
  type DocumentUpdate,
  emptyChain,
  encodeUpdate,
  extendChain,
  noLink,
  readPresence,
  readUpdate,
  updateLink,
} from "./update.ts";

const id = new Uint8Array(32).fill(7);
const keys = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
let drawn = 0;

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

function writerOf(number: number): DocumentWriter {
  const secret = new Uint8Array(32).fill(number + 1);
  const random = (length: number) => new Uint8Array(length).fill(++drawn);
  return { signingKey: publicKeyOf(secret), sign: (digest) => signDigest(digest, secret), random };
}

const [ann, bob] = [writerOf(0), writerOf(1)];
const replica = new Uint8Array(16).fill(3);

const first = { document: id, replica, sequence: 0, previous: noLink };

function sealedBy(writer: DocumentWriter, end: ChainEnd, update: Uint8Array, of = keys): Uint8Array {
  const place = { document: id, replica, sequence: end.next, previous: end.link };
  return must(sealUpdate(place, { madeAtMs: 1_000, update }, of, writer));
}

/** A signature takes milliseconds to check, and what was good once stays so. */
const read = new WeakMap<Uint8Array, Result<DocumentUpdate>>();

function readOnce(bytes: Uint8Array): Result<DocumentUpdate> {
  const known = read.get(bytes) ?? readUpdate(bytes, id);
  read.set(bytes, known);
  return known;
}

/** What a device does with updates as they come: verifies, puts them in their places, applies them. */
class Device {
  readonly doc = new Y.Doc();
  private readonly ends = new Map<string, ChainEnd>();

  take(bytes: Uint8Array): Result<unknown> {
    const update = readOnce(bytes);
    if (!update.ok) return update;
    const chain = String(chainOf(update.value));
    const end = extendChain(this.ends.get(chain) ?? emptyChain, update.value, bytes);
    if (!end.ok || end.value === null) return end;
    const content = openUpdate(update.value, keys);
    if (!content.ok) return content;
    this.ends.set(chain, end.value);
    Y.applyUpdate(this.doc, content.value.update);
    return end;
  }

  get text(): string {
    return this.doc.getText("text").toString();
  }
}

describe("an update", () => {
  let bytes: Uint8Array;
  beforeAll(() => {
    bytes = sealedBy(ann, emptyChain, Uint8Array.of(1, 2, 3));
  });

  it("says who wrote what, in its place, to who has the key", () => {
    const update = must(readUpdate(bytes, id));
    expect(update).toMatchObject({ author: ann.signingKey, epoch: 1, sequence: 0 });
    expect(openUpdate(update, keys)).toEqual({ ok: true, value: { madeAtMs: 1_000, update: Uint8Array.of(1, 2, 3) } });
  });

  it("is refused if any byte of it is another, or missing", () => {
    for (let at = 0; at < bytes.length; at++) {
      const spoilt = bytes.slice();
      spoilt[at] = (spoilt[at] as number) ^ (1 << (at % 8));
      expect(readUpdate(spoilt, id), `byte ${at}`).toMatchObject({ ok: false });
      expect(readUpdate(bytes.subarray(0, at), id)).toMatchObject({ ok: false });
    }
  });

  it("does not open in another place, under another name, with another key or without the newest", () => {
    const update = must(readUpdate(bytes, id));
    const refused = { ok: false, code: "bad-response" };
    expect(openUpdate({ ...update, sequence: 1 }, keys)).toMatchObject(refused);
    expect(openUpdate({ ...update, author: bob.signingKey }, keys)).toMatchObject(refused);
    expect(openUpdate({ ...update, epoch: 0 }, keys)).toMatchObject(refused);
    expect(openUpdate(update, [keys[0] as Uint8Array, new Uint8Array(32)])).toMatchObject(refused);
    expect(openUpdate(update, keys.slice(0, 1))).toMatchObject({ ok: false, code: "unknown-epoch" });
  });

  it("cannot be claimed by another author, nor be another document's", () => {
    const update = must(readUpdate(bytes, id));
    const claimed = encodeUpdate({ ...update, author: bob.signingKey });
    expect(readUpdate(claimed, id)).toMatchObject({ ok: false, code: "bad-signature" });
    expect(readUpdate(bytes, new Uint8Array(32))).toMatchObject({ ok: false, code: "invalid-argument" });
  });

  it("follows the one before it: repeated it counts once, with a gap it waits, in the place of another it is refused", () => {
    const end = must(extendChain(emptyChain, must(readUpdate(bytes, id)), bytes)) as ChainEnd;
    const second = sealedBy(ann, end, Uint8Array.of(4));
    const head = must(readUpdate(second, id));
    expect(extendChain(emptyChain, head, second)).toMatchObject({ ok: false, code: "not-found" });
    expect(extendChain(end, must(readUpdate(bytes, id)), bytes)).toEqual({ ok: true, value: null });
    const other = sealedBy(ann, { next: 1, link: updateLink(second) }, Uint8Array.of(5));
    expect(extendChain(end, must(readUpdate(other, id)), other)).toMatchObject({ ok: false, code: "broken-chain" });
    expect(must(extendChain(end, head, second))).toEqual({ next: 2, link: updateLink(second) });
    const place = { ...first, previous: updateLink(bytes) };
    const unbegun = must(sealUpdate(place, { madeAtMs: 0, update: Uint8Array.of(1) }, keys, ann));
    expect(readUpdate(unbegun, id)).toMatchObject({ ok: false, code: "broken-chain" });
  });

  it("is no larger than may be", () => {
    const content = { madeAtMs: 0, update: new Uint8Array(mostContentBytes + 1) };
    expect(sealUpdate(first, content, keys, ann)).toMatchObject({ ok: false, code: "too-large" });
    const largest = must(sealUpdate(first, { ...content, update: content.update.subarray(1) }, keys, ann));
    expect(readUpdate(largest, id).ok).toBe(true);
    const huge = new Uint8Array(documentLimits.updateBytes + 100_000);
    expect(readUpdate(huge, id)).toMatchObject({ ok: false });
  });
});

it("text is the same on all devices whatever order, repetition and lateness updates come in", () => {
  const writers = [ann, bob, writerOf(2)];
  const edits = fc.array(
    fc.record({ who: fc.nat(2), at: fc.nat(), text: fc.string({ maxLength: 4 }), cut: fc.nat(3), hears: fc.boolean() }),
    { minLength: 1, maxLength: 10 },
  );
  fc.assert(
    fc.property(edits, fc.array(fc.nat(), { minLength: 60, maxLength: 60 }), (written, draws) => {
      const devices = writers.map(() => new Device());
      const sent: Uint8Array[] = [];
      const ends = writers.map(() => emptyChain);
      for (const { who, at, text, cut, hears } of written) {
        const device = devices[who] as Device;
        // Some have heard of what others wrote, some are offline.
        if (hears) for (const bytes of sent) device.take(bytes);
        const shared = device.doc.getText("text");
        const before = Y.encodeStateVector(device.doc);
        device.doc.transact(() => {
          const place = at % (shared.length + 1);
          shared.delete(place, Math.min(cut, shared.length - place));
          shared.insert(place, text);
        });
        const bytes = sealedBy(
          writers[who] as DocumentWriter,
          ends[who] as ChainEnd,
          Y.encodeStateAsUpdate(device.doc, before),
        );
        ends[who] = must(device.take(bytes)) as ChainEnd;
        sent.push(bytes);
      }
      for (const device of [...devices, new Device()]) {
        devices.push(device);
        // Anything, in any order, more than once, and then what is missing until nothing is.
        for (const draw of draws) device.take(sent[draw % sent.length] as Uint8Array);
        for (let round = 0; round < sent.length; round++) for (const bytes of sent) device.take(bytes);
      }
      expect(new Set(devices.map(({ text }) => text)).size).toBe(1);
    }),
    { numRuns: 12 },
  );
});

describe("presence", () => {
  const state = new TextEncoder().encode("at 3");
  it("is of now, in this document, by who signed it", () => {
    const bytes = must(sealPresence(id, 5_000, state, keys, ann));
    const presence = must(readPresence(bytes, id, 5_000));
    expect(openPresence(presence, keys)).toEqual({ ok: true, value: state });
    expect(readPresence(bytes, id, 5_001 + documentLimits.presenceLifeMs)).toMatchObject({ code: "expired" });
    expect(readPresence(bytes, keys[0] as Uint8Array, 5_000)).toMatchObject({ code: "invalid-argument" });
    expect(openPresence({ ...presence, author: bob.signingKey }, keys)).toMatchObject({ ok: false });
    for (let at = 0; at < bytes.length; at++) {
      const spoilt = bytes.slice();
      spoilt[at] = (spoilt[at] as number) ^ 1;
      expect(readPresence(spoilt, id, 5_000), `byte ${at}`).toMatchObject({ ok: false });
    }
  });

  it("says no more than fits", () => {
    const much = new Uint8Array(documentLimits.presenceBytes);
    expect(sealPresence(id, 0, much, keys, ann)).toMatchObject({ ok: false, code: "too-large" });
  });
});

describe("a link", () => {
  it.each([false, true])("reads back, from an address too, and is refused with any letter missing", (isLater) => {
    const link = { id, key: keys[0] as Uint8Array, isLater };
    const text = writeDocumentLink(link);
    expect(readDocumentLink(text)).toEqual({ ok: true, value: link });
    expect(readDocumentLink(`https://here/#document=${text}`)).toEqual({ ok: true, value: link });
    expect(looksLikeDocumentLink(text)).toBe(true);
    expect(looksLikeDocumentLink("notes")).toBe(false);
    for (let at = 0; at < text.length; at++) {
      expect(readDocumentLink(text.slice(0, at) + text.slice(at + 1))).toMatchObject({ ok: false });
    }
  });
});

describe("requests", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const update = fc.uint8Array({ minLength: 1, maxLength: 300 });
  const have = fc.array(fc.record({ chain: bytes(32), next: fc.nat(documentLimits.chainUpdates) }), { maxLength: 5 });
  const requests: fc.Arbitrary<DocumentRequest> = fc.oneof(
    fc.record({ type: fc.constant("hello" as const), tags: fc.array(bytes(32), { minLength: 1, maxLength: 5 }) }),
    fc.record({ type: fc.constant("sync" as const), tag: bytes(32), have }),
    fc.record({
      type: fc.constant("push" as const),
      tag: bytes(32),
      updates: fc.array(update, { minLength: 1, maxLength: 5 }),
    }),
    fc.record({ type: fc.constant("presence" as const), tag: bytes(32), presence: update }),
  );

  it("decode to what was encoded, and anything else to a refusal", () => {
    fc.assert(
      fc.property(requests, fc.uint8Array({ maxLength: 200 }), (request, noise) => {
        expect(decodeDocumentRequest(encodeDocumentRequest(request))).toEqual({ ok: true, value: request });
        expect(typeof decodeDocumentRequest(noise).ok).toBe("boolean");
        expect(typeof helloAnswers.decode(noise).ok).toBe("boolean");
        expect(typeof syncAnswers.decode(noise).ok).toBe("boolean");
      }),
    );
    const answer = { updates: [Uint8Array.of(1)], have: [{ chain: id, next: 2 }] };
    expect(syncAnswers.decode(syncAnswers.encode(answer))).toEqual({ ok: true, value: answer });
    const tags = { tags: [id, null] };
    expect(helloAnswers.decode(helloAnswers.encode(tags))).toEqual({ ok: true, value: tags });
  });

  it("a tag is of use in one direction between two peers", () => {
    const access = documentAccess(id, keys[0] as Uint8Array);
    const tags = [
      ["a", "b"],
      ["b", "a"],
      ["a", "c"],
      ["ab", ""],
    ].map(([from = "", to = ""]) => String(accessTag(access, from, to)));
    expect(new Set(tags).size).toBe(tags.length);
    expect(String(accessTag(documentAccess(id, keys[1] as Uint8Array), "a", "b"))).not.toBe(tags[0]);
  });
});
