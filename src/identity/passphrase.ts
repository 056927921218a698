/**
 * What a passphrase must be at least.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";

const worst = new Set([
  "password",
  "12345678",
  "123456789",
  "1234567890",
  "qwertyui",
  "qwertyuiop",
  "passwort",
  "iloveyou",
  "11111111",
]);

/** Least length of a passphrase. */
export const leastPassphraseLength = 8;

/** Whether a passphrase is worth its name. */
export function checkPassphrase(passphrase: string): Result<null> {
  if ([...passphrase].length < leastPassphraseLength) {
    return rejected(
      "weak-passphrase",
      `A passphrase has at least ${leastPassphraseLength} characters; four random words are a good one.`,
    );
  }
  if (worst.has(passphrase.toLowerCase()) || new Set(passphrase).size < 4) {
    return rejected(
      "weak-passphrase",
      "That passphrase is among the first anybody would try; four random words are a good one.",
    );
  }
  return accepted(null);
}
