/**
 * Networks that begin with voters, whose secrets tests know.
 * @module
 */

import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { type Certificate, signersOf, type VoteAggregate } from "#protocol/consensus/certificate.ts";
import { readFinality } from "#protocol/consensus/finality.ts";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { firstEpochOf, type Link, secondRoundOf, voteDigest } from "#protocol/consensus/votes.ts";
import { vrfPublicKey } from "#protocol/crypto/vrf.ts";
import { type NetworkParameters, nanoPerAeth } from "#protocol/parameters.ts";
import { beaconSecretKey, voteSecretKey } from "../node/chain-records.ts";
import type { Store, VoteSignatures } from "../node/ports.ts";
import type { MadeBlock } from "./block-maker.ts";
import { emulatedVotes } from "./emulated-votes.ts";
import { type FixtureNetwork, testKey, testParameters } from "./ledger-fixtures.ts";

/** What each voter of a test network has. */
export const voterStakeNano = 1_000n * nanoPerAeth;

/** Secret of the n-th voter. */
export function voterSecret(number: number, votes: VoteSignatures): Uint8Array {
  return votes.secretFrom(sha256(utf8ToBytes(`voter ${number}`)));
}

/** The test network with so many voters from its beginning; the n-th stake belongs to `testKey(1_000 + n)`, beacon key included. */
export function votingParameters(
  voters: number,
  votes: VoteSignatures,
  base: NetworkParameters = testParameters,
): NetworkParameters {
  const named = Array.from({ length: voters }, (_, number) => ({
    key: votes.keyOf(voterSecret(number, votes)),
    owner: testKey(1_000 + number).keyHash,
    beaconKey: vrfPublicKey(testKey(1_000 + number).secret),
    stakeNano: voterStakeNano,
  }));
  return { ...base, genesis: { ...base.genesis, voters: named } };
}

/** The same with its id. */
export function votingNetwork(voters: number, votes: VoteSignatures, base?: NetworkParameters): FixtureNetwork {
  const parameters = votingParameters(voters, votes, base);
  return { parameters, networkId: networkIdOf(parameters) };
}

/** Gives a store the secrets of a voter. */
export async function installVoter(store: Store, number: number, votes: VoteSignatures): Promise<void> {
  await store.commit([
    { table: "meta", key: voteSecretKey, value: voterSecret(number, votes) },
    { table: "meta", key: beaconSecretKey, value: testKey(1_000 + number).secret },
  ]);
}

/** The sum of what the voters of some numbers sign with the stand-in. */
export async function signedByVoters(
  networkId: Uint8Array,
  link: Link,
  numbers: readonly number[],
): Promise<Uint8Array> {
  const digest = voteDigest(networkId, link);
  return emulatedVotes.aggregate(
    await Promise.all(numbers.map((number) => emulatedVotes.sign(voterSecret(number, emulatedVotes), digest))),
  );
}

/** The same as a block shows it, where each voter sits in the slot of its number. */
export async function aggregateOf(networkId: Uint8Array, link: Link, slots: readonly number[]): Promise<VoteAggregate> {
  return { link, signers: signersOf(slots), signature: await signedByVoters(networkId, link, slots) };
}

/** What a voter signs first for a block. */
export function firstRoundOn({ state, height, hash }: MadeBlock, networkId: Uint8Array): Link {
  return { source: readFinality(state, networkId).justified, target: { epoch: firstEpochOf(height), hash } };
}

/** Both rounds of a block, by the same voters. */
export async function finalisingBy(
  networkId: Uint8Array,
  block: MadeBlock,
  slots: readonly number[],
): Promise<Certificate> {
  const first = firstRoundOn(block, networkId);
  return [await aggregateOf(networkId, first, slots), await aggregateOf(networkId, secondRoundOf(first.target), slots)];
}
