/**
 * Six words of BIP39's list by which two people make sure that both see the same: 66 bits of a hash.
 * @module
 */
import { wordlist } from "@scure/bip39/wordlists/english.js";

const words = 6;

/** The words of a hash of at least nine bytes. */
export function sixWords(hash: Uint8Array): string {
  const bits = hash.subarray(0, 9).reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
  return Array.from({ length: words }, (_, at) => wordlist[Number((bits >> BigInt(11 * at)) & 2_047n)]).join(" ");
}

/** Words as somebody typed or said them: capitals and spaces do not count. */
export function wordsAsTyped(typed: string): string {
  return typed.trim().toLowerCase().split(/\s+/).join(" ");
}
