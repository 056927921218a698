/**
 * The keys of a tab's network, made without holding up the thread that paints: in JavaScript the first multiple of the
 * curve's base point takes a table that costs 50 ms, which nobody needs who makes three keys.
 * @module
 */
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import type { PrivateKey } from "@libp2p/interface";
import { type ICryptoInterface, pureJsCrypto } from "@libp2p/noise";
import { x25519 } from "@noble/curves/ed25519.js";

const ed25519KeyBytes = 32;

/** A new Ed25519 key from the browser's own crypto; undefined where it has none: then libp2p makes one. */
export async function newTabKey(subtle: SubtleCrypto): Promise<PrivateKey | undefined> {
  try {
    const { privateKey, publicKey } = (await subtle.generateKey({ name: "Ed25519" }, true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    // The last part of the PKCS 8 form is the secret as it is.
    const secret = new Uint8Array(await subtle.exportKey("pkcs8", privateKey)).slice(-ed25519KeyBytes);
    const raw = new Uint8Array(2 * ed25519KeyBytes);
    raw.set(secret);
    raw.set(new Uint8Array(await subtle.exportKey("raw", publicKey)), ed25519KeyBytes);
    return privateKeyFromRaw(raw);
  } catch {
    return undefined;
  }
}

/** Noise's crypto with key pairs by the ladder, which needs no table. */
export const tabNoiseCrypto: ICryptoInterface = {
  ...pureJsCrypto,
  generateX25519KeyPair: () => {
    const privateKey = x25519.utils.randomSecretKey();
    return { privateKey, publicKey: x25519.scalarMult(privateKey, x25519.GuBytes) };
  },
};
