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

/** Most words suggested for a wrong one. */
const mostSuggestions = 4;

/** Letters to add, drop or change between two words. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, place) => place);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** Words of the list at most two letters away, nearest first, words with the same first letter before others. */
function nearWords(word: string): readonly string[] {
  return wordlist
    .map((candidate) => ({
      candidate,
      far: 2 * editDistance(word, candidate) + (candidate[0] === word[0] ? 0 : 1),
    }))
    .filter(({ far }) => far <= 5)
    .sort((a, b) => a.far - b.far)
    .slice(0, mostSuggestions)
    .map(({ candidate }) => candidate);
}

/** Checks a phrase as typed: spaces and capitals do not matter. Says which word is not one, and what it may have been. */
export function parsePhrase(typed: string): Result<string> {
  const words = typed.normalize("NFKD").trim().toLowerCase().split(/\s+/);
  if (words.length !== 12 && words.length !== 24) {
    return rejected("invalid-phrase", `A recovery phrase has 12 (or 24) words; these are ${words.length}.`);
  }
  for (const [place, word] of words.entries()) {
    if (wordlist.includes(word)) continue;
    const shown = word.slice(0, 20);
    const near = nearWords(shown);
    const hint = near.length === 0 ? "" : ` Did you mean ${near.join(", ")}?`;
    return rejected("invalid-phrase", `Word ${place + 1}, "${shown}", is not on the list.${hint}`);
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
