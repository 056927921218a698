/** Who is to blame for a conflict, when seats have changed hands since the chains parted. */
import { expect, it } from "vitest";
import { culpritsOf, type OffencePair } from "#protocol/consensus/accountability.ts";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { type Command, commitCommand } from "#protocol/ledger/command.ts";
import { type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import { decodeStoredOutput } from "#protocol/ledger/state.ts";
import { namespace } from "#protocol/ledger/state-key.ts";
import { stakeOf } from "#protocol/ledger/things.ts";
import { readVoters } from "#protocol/programs/stake.ts";
import type { Result } from "#protocol/result.ts";
import { type Plan, type PlanContext, signPlan } from "#wallet/build.ts";
import { type OwnedStake, planExit, planStakeWithdrawal } from "#wallet/stake-plans.ts";
import { MemoryStore } from "../../platform/memory/memory-store.ts";
import { BlockMaker, type MadeBlock } from "../../testing/block-maker.ts";
import { feed, openChain } from "../../testing/chain-fixtures.ts";
import { emulatedVotes } from "../../testing/emulated-votes.ts";
import { bodyOf, signerOf, stamped, testKey } from "../../testing/ledger-fixtures.ts";
import { finalisingBy, voterSecret, votingParameters } from "../../testing/voting-fixtures.ts";
import { ConflictInquiry } from "./conflict-inquiry.ts";

const base = votingParameters(4, emulatedVotes);
const parameters = { ...base, finality: { ...base.finality, unbondingBlocks: 3 } };
const networkId = networkIdOf(parameters);
const maker = new BlockMaker({ parameters, networkId, signatures: new SignatureCache() });
const owner = testKey(1_003);

/** The next block: it shows that its parent is final, by some voters. */
async function next(
  parent: MadeBlock,
  slots: readonly number[],
  transactions: readonly PreparedTransaction[] = [],
  proposer = testKey(1),
): Promise<MadeBlock> {
  const certificate = parent.height === 0 ? null : await finalisingBy(networkId, parent, slots);
  const made = maker.make(parent, transactions, proposer, {}, undefined, certificate);
  expect(made.block.certificate).toEqual(certificate);
  return made;
}

/** What the last of the voters does about its stake. */
async function planned(
  { state, height }: MadeBlock,
  plan: (stake: OwnedStake, voters: ReturnType<typeof readVoters>, context: PlanContext) => Result<Plan>,
): Promise<PreparedTransaction> {
  const key = emulatedVotes.keyOf(voterSecret(3, emulatedVotes));
  const found = [...state.entries(Uint8Array.of(namespace.output))].flatMap(([, value]) => {
    const stored = decodeStoredOutput(value);
    if (!stored.ok) throw new Error(stored.message);
    const { lock } = stored.value.output;
    const ours = lock.type === "key" && lock.keyHash.every((byte, i) => byte === owner.keyHash[i]);
    return ours && stakeOf(stored.value.output) !== null ? [stored.value.outPoint] : [];
  });
  const context = { parameters, networkId, height, keyHash: owner.keyHash, nonce: 1n };
  const made = plan({ outPoint: found[0] as (typeof found)[0], key }, readVoters(state), context);
  if (!made.ok) throw new Error(made.message);
  const signed = await signPlan(made.value, signerOf(owner));
  if (!signed.ok) throw new Error(signed.message);
  return prepareTransaction(signed.value);
}

/** Brings evidence to a chain. */
function slashing({ first, second }: OffencePair): PreparedTransaction {
  const command: Command = { type: "stake.slash", first, second };
  const commitment = commitCommand(command);
  return stamped(bodyOf({ network: networkId, command, commitment, outputs: [], feeNano: 0n, expiry: 100 }));
}

it("whoever still has a stake is slashed, though another who signed with them has taken its own back", async () => {
  const all = [0, 1, 2, 3];
  const shared: MadeBlock[] = [];
  for (let i = 0; i < 3; i++) shared.push(await next(shared.at(-1) ?? maker.genesis, all));
  const fork = await next(shared.at(-1) as MadeBlock, all, [await planned(shared.at(-1) as MadeBlock, planExit)]);
  const theirs = await next(fork, all, [], testKey(2));
  const theirNext = await next(theirs, all, [], testKey(2));
  const ours = [...shared, fork];
  for (let i = 0; i < 4; i++) ours.push(await next(ours.at(-1) as MadeBlock, [0, 1, 2]));
  const tip = ours.at(-1) as MadeBlock;
  const left = await next(tip, [0, 1, 2], [await planned(tip, planStakeWithdrawal)]);
  expect(readVoters(left.state)).toHaveLength(3);

  const chain = await openChain(new MemoryStore(), undefined, null, parameters);
  expect(await feed(chain, [...ours, left])).toEqual({ ok: true, value: null });
  const shown = [theirs, theirNext].flatMap(({ block }) => block.certificate ?? []);
  const failing = { verifyBatch: () => Promise.reject(new Error("the worker is gone")) };
  expect(await new ConflictInquiry(chain, failing).compare(shown, theirs.height)).toEqual([]);
  const pairs = await new ConflictInquiry(chain, emulatedVotes).compare(shown, theirs.height);
  const culprits = new Set(pairs.flatMap(culpritsOf));
  expect(culprits.size).toBe(3);
  const [pair] = pairs as [OffencePair];
  const slashed = readVoters((await next(left, [0, 1, 2], [slashing(pair)])).state);
  expect(slashed.map((voter) => voter.slashed)).toEqual([1, 1, 1]);
});
