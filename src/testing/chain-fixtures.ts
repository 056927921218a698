/**
 * A real chain over a store, opened the way a node opens it, without node, pool or network around it.
 * @module
 */

import { sha256 } from "#protocol/codec/hash.ts";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { pureSignatureVerifier } from "#protocol/crypto/signature.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { Result } from "#protocol/result.ts";
import { Chain, type ChainPorts, type HeadChange } from "../node/chain.ts";
import { claimStore, loadChain } from "../node/chain-loading.ts";
import type { Retention } from "../node/chain-pruning.ts";
import type { Store } from "../node/ports.ts";
import { SegmentStatements } from "../node/segment-statements.ts";
import type { MadeBlock } from "./block-maker.ts";
import { credulousVerifier, emulatedPoseidon } from "./emulated-proofs.ts";
import { emulatedVotes } from "./emulated-votes.ts";
import { testParameters } from "./ledger-fixtures.ts";
import { rememberedBeaconVerifier } from "./remembered.ts";

const beaconVerifier = rememberedBeaconVerifier();

/** Later than every block of the tests. */
export const lateMs: number = testParameters.genesis.timeMs + 1_000_000_000;

/** For chains whose blocks carry no proofs. */
export function emulatedProofs(): Pick<ChainPorts, "segmentVerifier" | "statements"> {
  return { segmentVerifier: credulousVerifier, statements: new SegmentStatements(emulatedPoseidon) };
}

/** Opens the chain of an undamaged store. */
export async function openChain(
  store: Store,
  onHead: (change: HeadChange) => void = () => undefined,
  retention: Retention | null = null,
  parameters: NetworkParameters = testParameters,
  proofs: Pick<ChainPorts, "segmentVerifier" | "statements"> = emulatedProofs(),
): Promise<Chain> {
  const networkId = networkIdOf(parameters);
  const claimed = await claimStore(store, networkId);
  if (!claimed.ok) throw new Error(claimed.message);
  const loading = await loadChain(store, parameters, sha256);
  if (loading.kind === "damaged") throw new Error(`damaged: ${loading.reason}`);
  const ports = {
    store,
    signatureVerifier: pureSignatureVerifier,
    beaconVerifier,
    votes: emulatedVotes,
    ...proofs,
  };
  return new Chain(ports, parameters, networkId, loading.chain, onHead, retention);
}

/** Gives a chain blocks one by one, as gossip would; the first refusal ends it. */
export async function feed(chain: Chain, blocks: readonly MadeBlock[]): Promise<Result<null>> {
  for (const { block } of blocks) {
    const added = await chain.addBlock(block, lateMs);
    if (!added.ok) return added;
  }
  return { ok: true, value: null };
}
