import { expect, it } from "vitest";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { pureSignatureVerifier } from "#protocol/crypto/signature.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import { stampStrengthBits } from "#protocol/ledger/stamp.ts";
import { createInThreadNonceSearch } from "../../platform/memory/in-thread.ts";
import { MemoryStore } from "../../platform/memory/memory-store.ts";
import { systemClock, systemEntropy } from "../../platform/node/system.ts";
import { BlockMaker } from "../../testing/block-maker.ts";
import { feed, lateMs, openChain } from "../../testing/chain-fixtures.ts";
import { emulatedVotes } from "../../testing/emulated-votes.ts";
import { signedByVoters, voterSecret, votingParameters } from "../../testing/voting-fixtures.ts";
import { PoolService } from "../pool-service.ts";
import type { NonceSearch } from "../ports.ts";
import { OffenceReports } from "./offence-reports.ts";
import { voteSilence } from "./vote-silence.ts";

const parameters = votingParameters(4, emulatedVotes);
const networkId = networkIdOf(parameters);

it("stamps a report on the threads that look for nonces at once; the chain takes it, and whose stake it was is told", async () => {
  const maker = new BlockMaker({ parameters, networkId, signatures: new SignatureCache() });
  const store = new MemoryStore();
  const chain = await openChain(store, undefined, null, parameters);
  const block = maker.make(maker.genesis);
  await feed(chain, [block]);
  const ports = { store, signatureVerifier: pureSignatureVerifier, votes: emulatedVotes, clock: systemClock };
  const ignore = (): void => undefined;
  const pool = new PoolService(chain, ports, { onPooled: ignore, onReturned: ignore, onDropped: ignore });
  const paces: unknown[] = [];
  const inThread = createInThreadNonceSearch(systemClock);
  const nonceSearch: NonceSearch = {
    ...inThread,
    start: (preimage, target, first, pace) => {
      paces.push(pace);
      return inThread.start(preimage, target, first, pace);
    },
  };
  const reports = new OffenceReports({ chain, pool, nonceSearch, entropy: systemEntropy });
  const votes = [block.hash, new Uint8Array(32).fill(7)].map(async (hash) => {
    const link = { source: chain.finality.justified, target: { epoch: 2, hash } };
    const key = emulatedVotes.keyOf(voterSecret(0, emulatedVotes));
    return { link, keys: [key], signature: await signedByVoters(networkId, link, [0]) };
  });
  const [first, second] = await Promise.all(votes);
  if (first === undefined || second === undefined) throw new Error("two votes were made");
  await reports.report({ first, second });
  expect(paces).toEqual(["at-once"]);
  // Another's waits: nothing is searched for in vain.
  await new OffenceReports({ chain, pool, nonceSearch, entropy: systemEntropy }).report({ first, second });
  expect(paces).toHaveLength(1);
  const [report] = [...pool.pool.best()];
  const { id, transaction } = report?.prepared ?? { id: new Uint8Array(), transaction: null };
  expect(transaction?.command.type).toBe("stake.slash");
  expect(stampStrengthBits(id, transaction?.stamp as Uint8Array)).toBeGreaterThanOrEqual(parameters.freeLane.stampBits);
  expect(await feed(chain, [maker.make(block, report === undefined ? [] : [report.prepared])])).toMatchObject({
    ok: true,
  });
  const told = voteSilence({
    chain,
    voter: { key: emulatedVotes.keyOf(voterSecret(0, emulatedVotes)), newest: null },
    networkClock: { nowMs: () => lateMs, remainingOffsetMs: () => null },
    startedAtMs: 0,
    failed: false,
  });
  expect(told).toMatchObject({ code: "slashed", passes: false });
  expect(told?.message).toMatch(
    /5 % of it is burnt.* block 2\. The rest, 950 AETH, comes back with `unstake` from block 102 on/,
  );
});
