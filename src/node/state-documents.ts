/**
 * Makes proofs of what the state holds that can be checked without this chain (protocol/consensus/state-document.ts).
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import { answersUntilMs } from "#protocol/consensus/light-finality.ts";
import { documentLimits, encodeStateDocument, type ShownFinality } from "#protocol/consensus/state-document.ts";
import { heightOfEpoch } from "#protocol/consensus/votes.ts";
import { proveState } from "#protocol/ledger/state-proof.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { StateDocumentView } from "#sdk/finality.ts";
import type { Chain } from "./chain.ts";
import { type FinalityProofs, stateAfter } from "./finality-proofs.ts";
import type { HeaderEntry } from "./header-index.ts";

const tooOld = rejected("not-found", "The checkpoint is too old for this: take a newer one, as `finality` shows it.");

/**
 * Proves a key at the newest final block (at the newest where nothing is final). `checkpoint`: what the reader knows to be
 * final, an older block of this chain; null: that very block.
 */
export async function stateDocument(
  chain: Chain,
  proofs: FinalityProofs,
  key: Uint8Array,
  checkpoint: FinalisedBlock | null,
): Promise<Result<StateDocumentView>> {
  const { reader, head, finality } = chain;
  const newest = Math.min(finality.finalised.height > 0 ? finality.finalised.height : head.height, head.height);
  const shown = await reader.at(newest);
  if (shown === undefined) return rejected("not-found", "The newest final block is not here yet.");
  const from = checkpoint === null ? shown : await reader.find(checkpoint.hash);
  if (from === undefined || !(await reader.isOnChain(from)) || from.height !== (checkpoint ?? from).height)
    return rejected("not-found", "The checkpoint is no block of this chain.");
  if (from.height >= newest) return documentOf(chain, key, from, [from], null);
  // Whoever checks it would refuse it: votes of those who voted there prove nothing any more.
  if (head.header.timeMs > answersUntilMs(from.header.timeMs, chain.context.parameters)) return tooOld;
  const decision = await proofs.decision(shown.hash);
  const to = decision === null ? undefined : await reader.find(decision.link.target.hash);
  if (decision === null || to === undefined || to.height !== heightOfEpoch(decision.link.target.epoch))
    return rejected("not-found", "Nothing above the checkpoint is final by votes that are kept here.");
  if (to.height - from.height >= documentLimits.headers) return tooOld;
  const electorate = await proofs.electorate(shown.hash);
  const trusted = await proofs.electorate(from.hash);
  if (!electorate.ok || !trusted.ok) return tooOld;
  const entries: HeaderEntry[] = [];
  for (let height = from.height; height <= to.height; height++) {
    const entry = await reader.at(height);
    if (entry === undefined) return rejected("not-found", `The header of block ${height} is not here.`);
    entries.push(entry);
  }
  if (!equalBytes((entries.at(-1) as HeaderEntry).hash, to.hash))
    return rejected("not-found", "The chain moved meanwhile; ask again.");
  return documentOf(chain, key, shown, entries, { decision, electorate: electorate.value, trusted: trusted.value });
}

async function documentOf(
  chain: Chain,
  key: Uint8Array,
  shown: HeaderEntry,
  entries: readonly HeaderEntry[],
  finality: ShownFinality | null,
): Promise<Result<StateDocumentView>> {
  const state = await stateAfter(chain, shown);
  if (state === null) return tooOld;
  const headers = entries.map(({ header }) => header);
  const document = { headers, shown: entries.indexOf(shown), finality, key, proof: proveState(state, key) };
  if (document.shown < 0) return rejected("not-found", "The chain moved meanwhile; ask again.");
  const { height, hash } = shown;
  const checkpoint = entries[0] as HeaderEntry;
  return accepted({
    height,
    hash,
    value: state.get(key) ?? null,
    checkpoint: { height: checkpoint.height, hash: checkpoint.hash },
    bytes: encodeStateDocument(document),
  });
}
