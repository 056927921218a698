import { webcrypto } from "node:crypto";
import { pureJsCrypto } from "@libp2p/noise";
import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { newTabKey, tabNoiseCrypto } from "./tab-keys.ts";

describe("keys of a tab's network", () => {
  it("are of the browser's own crypto: secret and public key belong together, and what is signed holds", async () => {
    const key = await newTabKey(webcrypto.subtle as SubtleCrypto);
    if (key === undefined) throw new Error("no key");
    expect(key.type).toBe("Ed25519");
    expect(ed25519.getPublicKey(key.raw.slice(0, 32))).toEqual(key.publicKey.raw);
    const message = new TextEncoder().encode("a message");
    expect(ed25519.verify(await key.sign(message), message, key.publicKey.raw)).toBe(true);
    const other = await newTabKey(webcrypto.subtle as SubtleCrypto);
    expect(other?.raw).not.toEqual(key.raw);
  });

  it("are left to libp2p where the browser has no Ed25519", async () => {
    const refusing = { generateKey: () => Promise.reject(new Error("NotSupportedError")) };
    expect(await newTabKey(refusing as unknown as SubtleCrypto)).toBeUndefined();
  });

  it("agree with those that noise would make", () => {
    const ours = tabNoiseCrypto.generateX25519KeyPair();
    expect(pureJsCrypto.generateX25519KeyPairFromSeed(ours.privateKey).publicKey).toEqual(ours.publicKey);
    const theirs = pureJsCrypto.generateX25519KeyPair();
    expect(tabNoiseCrypto.generateX25519SharedKey(ours.privateKey, theirs.publicKey)).toEqual(
      pureJsCrypto.generateX25519SharedKey(theirs.privateKey, ours.publicKey),
    );
  });
});
