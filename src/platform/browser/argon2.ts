/**
 * Argon2id (hash-wasm) for vault passphrases, and how much of it this device bears.
 * @module
 */
import { argon2id } from "hash-wasm";
import type { PassphraseKdf } from "#identity/vault.ts";
import type { KdfCost } from "#identity/vault-format.ts";

/** Least time of one guess on the device that makes the vault. */
const leastGuessMs = 250;

/** OWASP's first choice of memory; passes rise until a guess takes long enough. */
const memoryKib = 65_536;
const leastPasses = 2;
const mostPasses = 16;

/** Argon2id of a passphrase; the text is normalised, so that it matters not how it was typed. */
export const argon2Kdf: PassphraseKdf = (passphrase, salt, cost) =>
  argon2id({
    password: passphrase.normalize("NFKD"),
    salt,
    iterations: cost.passes,
    parallelism: cost.lanes,
    memorySize: cost.memoryKib,
    hashLength: 32,
    outputType: "binary",
  });

/**
 * Finds the cost at which one guess takes a quarter of a second here: measures the least number of passes and scales, and
 * measures again because the first guess pays for getting the memory.
 */
export async function calibrateCost(kdf: PassphraseKdf, nowMs: () => number): Promise<KdfCost> {
  for (let passes = leastPasses; ; ) {
    const cost: KdfCost = { memoryKib, passes, lanes: 1 };
    const startedMs = nowMs();
    await kdf("calibration", new Uint8Array(16), cost);
    const tookMs = Math.max(1, nowMs() - startedMs);
    if (tookMs >= leastGuessMs || passes === mostPasses) return cost;
    passes = Math.min(mostPasses, Math.max(passes + 1, Math.ceil((passes * leastGuessMs) / tookMs)));
  }
}
