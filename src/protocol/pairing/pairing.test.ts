import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalBytes } from "../codec/bytes.ts";
import { publicKeyOf, signDigest } from "../crypto/signature.ts";
import {
  certificateDigest,
  type DeviceList,
  encodeDevices,
  isRemoved,
  joinDevices,
  noDevices,
  readDevices,
  removalDigest,
} from "./devices.ts";
import { peerMarkOf, readInvitation, writeInvitation, writeInvitationCode } from "./invitation.ts";
import { pairingLimits } from "./limits.ts";
import { decodePairRequest, encodePairRequest, type PairRequest, pairAnswers } from "./messages.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const id = bytes(pairingLimits.invitationIdBytes);
const facts = fc.uint8Array({ minLength: 16, maxLength: pairingLimits.sealedFactsBytes });

const requests: fc.Arbitrary<PairRequest> = fc.oneof(
  fc.record({ type: fc.constant("hello" as const), id, commitment: bytes(32) }),
  fc.record({
    type: fc.constant("open" as const),
    id,
    key: bytes(pairingLimits.keyBytes),
    random: bytes(32),
    encapsulation: bytes(pairingLimits.encapsulationBytes),
  }),
  fc.record({ type: fc.constant("ready" as const), id, sealed: facts }),
  fc.record({ type: fc.constant("done" as const), id, sealed: facts }),
  fc.record({ type: fc.constant("leave" as const), id }),
  fc.record({ type: fc.constant("devices" as const), mark: bytes(32) }),
);

describe("requests", () => {
  it("are read as they were written, and never as anything else", () => {
    fc.assert(
      fc.property(requests, fc.nat(), fc.integer({ min: 1, max: 255 }), (request, place, change) => {
        const written = encodePairRequest(request);
        expect(decodePairRequest(written)).toEqual({ ok: true, value: request });
        const altered = written.slice();
        const at = place % written.length;
        altered[at] = (altered[at] as number) ^ change;
        const read = decodePairRequest(altered);
        // What is read of other bytes is another request, written in these bytes alone.
        if (read.ok) expect(equalBytes(encodePairRequest(read.value), altered)).toBe(true);
        expect(decodePairRequest(written.slice(0, at))).toMatchObject({ ok: false });
        expect(decodePairRequest(Uint8Array.of(...written, 0))).toMatchObject({ ok: false });
      }),
    );
  });

  it("answers any bytes with a value or a refusal", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        for (const read of [decodePairRequest, ...Object.values(pairAnswers).map(({ decode }) => decode)]) {
          expect(typeof read(noise).ok).toBe("boolean");
        }
      }),
    );
    expect(decodePairRequest(new Uint8Array(pairingLimits.requestBytes + 1))).toMatchObject({ code: "too-large" });
    expect(decodePairRequest(Uint8Array.of(0x82, 0x19, 0x02, 0x00, 0x40))).toMatchObject({ code: "unknown-version" });
  });
});

const peerId = "12D3KooWGC6TvWhfagifX3MvpV9YHkFY6jkzV5oZ7EbJjyVBPyqk";

describe("an invitation", () => {
  const invitation = {
    type: "x-wing" as const,
    peerId,
    id: Uint8Array.of(1, 2, 3, 4, 5, 6, 7),
    anchor: new Uint8Array(32).fill(9),
  };

  it("is read from a link, from the word in it, and as far as it goes from a code", () => {
    const word = writeInvitation(invitation);
    for (const typed of [
      word,
      `pair=${word}`,
      `https://aether.example/#pair=${word}`,
      `http://[::1]:1/#a=b&pair=${word}`,
    ]) {
      expect(readInvitation(typed)).toEqual({ ok: true, value: invitation });
    }
    const code = writeInvitationCode(invitation);
    expect(code).toMatch(/^(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}$/);
    const read = { ok: true, value: { id: invitation.id, peerMark: peerMarkOf(peerId) } };
    for (const typed of [
      code,
      code.toLowerCase(),
      code.replaceAll("-", ""),
      code.replaceAll("1", "l").replaceAll("0", "o"),
    ]) {
      expect(readInvitation(typed)).toEqual(read);
    }
  });

  it("is refused in words if it is none", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (typed) => {
        const read = readInvitation(typed);
        if (!read.ok) expect(read.message).toMatch(/pair show|newer/);
      }),
    );
    for (const cut of [3, 20, 60]) {
      expect(readInvitation(writeInvitation(invitation).slice(0, cut))).toMatchObject({ code: "invalid-argument" });
    }
    expect(readInvitation(writeInvitation({ ...invitation, peerId: "/ip4/1.2.3.4" }))).toMatchObject({ ok: false });
  });
});

const secretOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const owner = publicKeyOf(secretOf(1));

function certificate(n: number, signer = 1): DeviceList {
  const body = { key: publicKeyOf(secretOf(n)), name: `device-${n}`, sinceMs: 1_000 + n };
  return {
    ...noDevices,
    certificates: [{ ...body, signature: signDigest(certificateDigest(owner, body), secretOf(signer)) }],
  };
}

function removal(n: number, by: number, signer = 1, deviceSigner = by): DeviceList {
  const body = { key: publicKeyOf(secretOf(n)), atMs: 5_000 + n, by: publicKeyOf(secretOf(by)) };
  const digest = removalDigest(owner, body);
  const signature = signDigest(digest, secretOf(signer));
  return {
    ...noDevices,
    removals: [{ ...body, signature, deviceSignature: signDigest(digest, secretOf(deviceSigner)) }],
  };
}

const joined = (lists: readonly DeviceList[]): DeviceList => lists.reduce(joinDevices, noDevices);

describe("the devices of an identity", () => {
  it("come to the same list in whatever order lists are joined, and a removed device stays removed", () => {
    const parts = [certificate(2), certificate(3), certificate(4), removal(3, 2), removal(3, 4)];
    const whole = joined(parts);
    expect(whole.certificates.map(({ name }) => name)).toEqual(["device-2", "device-4", "device-3"]);
    expect(isRemoved(whole, publicKeyOf(secretOf(3)))).toBe(true);
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: 5 }), fc.array(fc.constantFrom(...parts)), (order, again) => {
        expect(joined([...order, ...again])).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it("leaves out what is not signed by the identity, and removals that the named device has not signed", () => {
    const good = joined([certificate(2), certificate(3), removal(3, 2)]);
    const bad = joined([certificate(5, 2), removal(2, 3, 2), removal(2, 3, 1, 4)]);
    expect(readDevices(encodeDevices(joinDevices(good, bad)), owner)).toEqual({ ok: true, value: good });
    expect(readDevices(encodeDevices(good), publicKeyOf(secretOf(2)))).toEqual({ ok: true, value: noDevices });
    expect(readDevices(encodeDevices(good).slice(1), owner)).toMatchObject({ ok: false });
  });

  it("keeps within its bounds, and the fullest list within its size", () => {
    const many = Array.from({ length: pairingLimits.devices + 4 }, (_, n) => certificate(n + 2));
    expect(joined(many).certificates).toHaveLength(pairingLimits.devices);
    const name = "ж".repeat(pairingLimits.nameBytes / 2);
    const far = Number.MAX_SAFE_INTEGER;
    const filled = (length: number) => new Uint8Array(length).fill(1);
    const certificates = Array.from({ length: pairingLimits.devices + pairingLimits.removals }, () => ({
      key: filled(33),
      name,
      sinceMs: far,
      signature: filled(64),
    }));
    const removals = Array.from({ length: pairingLimits.removals }, () => ({
      key: filled(33),
      by: filled(33),
      atMs: far,
      signature: filled(64),
      deviceSignature: filled(64),
    }));
    expect(encodeDevices({ certificates, removals }).length + 40).toBeLessThanOrEqual(pairingLimits.listBytes);
  });
});
