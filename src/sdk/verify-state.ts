/**
 * Checks what `state_proof` and `proof state` give out, standalone: no node, no network, only a block that is known to be final.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import { checkStateDocument, type ShownState } from "#protocol/consensus/state-document.ts";
import { pureBlsVerifier } from "#protocol/crypto/bls.ts";
import type { BlsVerifier } from "#protocol/crypto/bls-check.ts";
import { decodeStoredOutput, outputKey, type StoredOutput } from "#protocol/ledger/state.ts";
import { dev, type NetworkParameters } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";

/** Against what a proof is checked. */
export interface StateCheck {
  /** A block that is known to be final: `finality` in a shell that you trust shows one. */
  readonly checkpoint: FinalisedBlock;
  /**
   * The state key that was asked about. What is absent is shown between two neighbours, so one proof is good for all keys
   * between them: without this the reader has to look at the key that it shows.
   */
  readonly key?: Uint8Array;
  /** Unix time now, in milliseconds. */
  readonly nowMs: number;
  /** Network; `dev` if absent. */
  readonly parameters?: NetworkParameters;
  /** A faster check of votes than the pure one. */
  readonly votes?: BlsVerifier;
}

/** What a proof shows: a value, or that there is none. */
export interface VerifiedState extends ShownState {
  /** The value as an output that was unspent then; null if it is none. */
  readonly output: StoredOutput | null;
}

/** Checks a proof; gives what it shows. */
export async function verifyState(
  document: Uint8Array,
  { checkpoint, key: asked, nowMs, parameters = dev, votes = pureBlsVerifier }: StateCheck,
): Promise<Result<VerifiedState>> {
  const shown = await checkStateDocument(document, { checkpoint, nowMs, parameters, votes });
  if (!shown.ok) return shown;
  const { key, value } = shown.value;
  if (asked !== undefined && !equalBytes(asked, key)) return rejected("bad-proof", "The proof is about another key.");
  const stored = value === null ? null : decodeStoredOutput(value);
  const output = stored?.ok && equalBytes(outputKey(stored.value.outPoint), key) ? stored.value : null;
  return accepted({ ...shown.value, output });
}
