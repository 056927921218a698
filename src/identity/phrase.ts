/**
 * Recovery phrases: twelve words of BIP39 that stand for all keys.
 * @module
 */
import { entropyToMnemonic, mnemonicToEntropy, mnemonicToSeedSync, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { accepted, type Result, rejected } from "#protocol/result.ts";

/** Bytes of randomness in a phrase of twelve words. */
export const phraseEntropyBytes = 16;

/** Makes a phrase of 16 random bytes. */
export function phraseFromEntropy(entropy: Uint8Array): string {
  return entropyToMnemonic(entropy, wordlist);
}

/** Checks a phrase as typed: spaces and capitals do not matter. Says which word is not one. */
export function parsePhrase(typed: string): Result<string> {
  const words = typed.normalize("NFKD").trim().toLowerCase().split(/\s+/);
  if (words.length !== 12 && words.length !== 24) {
    return rejected("invalid-phrase", `A recovery phrase has 12 (or 24) words; these are ${words.length}.`);
  }
  for (const [place, word] of words.entries()) {
    if (wordlist.includes(word)) continue;
    const near = wordlist.filter((candidate) => word.length >= 3 && candidate.startsWith(word.slice(0, 3))).slice(0, 4);
    const hint = near.length === 0 ? "" : ` Did you mean ${near.join(", ")}?`;
    return rejected("invalid-phrase", `Word ${place + 1}, "${word.slice(0, 20)}", is not on the list.${hint}`);
  }
  const phrase = words.join(" ");
  if (validateMnemonic(phrase, wordlist)) return accepted(phrase);
  return rejected(
    "invalid-phrase",
    "All words are on the list, but they do not fit together: one is wrong or two are swapped.",
  );
}

/** The 64-byte seed of a valid phrase. */
export function seedOfPhrase(phrase: string): Uint8Array {
  return mnemonicToSeedSync(phrase);
}

/** The random bytes a valid phrase stands for. */
export function entropyOfPhrase(phrase: string): Uint8Array {
  return mnemonicToEntropy(phrase, wordlist);
}
