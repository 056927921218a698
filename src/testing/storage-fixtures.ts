/**
 * Builders of transactions about storage deals for tests, with audits that come every few blocks.
 * @module
 */
import {
  AuditHasher,
  type AuditLeaf,
  auditGroupSpan,
  auditLeafOf,
  auditRoot,
  drawnLeaves,
} from "#protocol/files/audit-tree.ts";
import type { Command } from "#protocol/ledger/command.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { StorageDeal } from "#protocol/programs/storage-deals.ts";
import { auditPriceNano, dealRoomBytes, type KeeperOffer, withdrawalNano } from "#protocol/programs/storage-offers.ts";
import { type FixtureNetwork, type TestKey, testNetworkId, testParameters } from "./ledger-fixtures.ts";
import { type Purse, transact } from "./memory-fixtures.ts";

/** Numbers of storage for stories of some dozens of blocks: audits every few blocks, bonds that a block's reward pays. */
const hastyStorage = {
  ...testParameters.storage,
  auditBlocks: 8,
  bondedDrawBlocks: 0,
  acceptBlocks: 6,
  dealsPerOffer: 8,
  leastBondNano: 1_000_000n,
};

/** The test network with audits every eight blocks that any block draws, and bonds that a block's reward pays. */
export const auditedNetwork: FixtureNetwork = {
  networkId: testNetworkId,
  parameters: { ...testParameters, storage: hastyStorage },
};

/** What the simulator's networks have in their place. */
export const simulatedStorage: NetworkParameters["storage"] = {
  ...hastyStorage,
  acceptBlocks: 12,
  bondedDrawBlocks: 4,
};

/** Terms of an offer. */
export type OfferTerms = Omit<Extract<Command, { type: "storage.offer" }>, "type">;

/** Offers storage. */
export function storageOffer(
  key: TestKey,
  purse: Purse,
  terms: OfferTerms,
  nonce = 1n,
  network: FixtureNetwork = auditedNetwork,
): PreparedTransaction {
  return transact(key, { type: "storage.offer", ...terms }, {}, purse, terms.bondNano, nonce, network);
}

/** Takes an offer back. */
export function storageWithdrawal(
  key: TestKey,
  purse: Purse,
  offer: KeeperOffer,
  nonce = 1n,
  network: FixtureNetwork = auditedNetwork,
): PreparedTransaction {
  const command: Command = { type: "storage.withdraw", offer: offer.id };
  return transact(key, command, {}, purse, -withdrawalNano(offer), nonce, network);
}

/** Asks a keeper to answer for some bytes. */
export function dealOver(
  key: TestKey,
  purse: Purse,
  offer: KeeperOffer,
  data: Uint8Array,
  periods = 3,
  nonce = 1n,
  network: FixtureNetwork = auditedNetwork,
): PreparedTransaction {
  const command: Command = { type: "data.store", offer: offer.id, ...auditRoot([data]), periods };
  const escrowNano =
    auditPriceNano(dealRoomBytes(offer, data.length, network.parameters), offer.priceNano) * BigInt(periods);
  return transact(key, command, {}, purse, escrowNano, nonce, network);
}

/** Accepts a deal. */
export function acceptance(
  key: TestKey,
  purse: Purse,
  deal: StorageDeal,
  nonce = 1n,
  network: FixtureNetwork = auditedNetwork,
): PreparedTransaction {
  const command: Command = { type: "data.accept", offer: deal.offer, deal: deal.id };
  return transact(key, command, {}, purse, 0n, nonce, network);
}

/** Ends a deal. */
export function deletion(
  key: TestKey,
  purse: Purse,
  deal: StorageDeal,
  nonce = 1n,
  network: FixtureNetwork = auditedNetwork,
): PreparedTransaction {
  const command: Command = { type: "data.delete", offer: deal.offer, deal: deal.id };
  const backNano = deal.accepted === 1 ? 0n : deal.escrowNano;
  return transact(key, command, {}, purse, -backNano, nonce, network);
}

/** The leaves that a deal has drawn of some bytes. */
export function leavesFor({ draw }: StorageDeal, data: Uint8Array): readonly AuditLeaf[] {
  if (draw === null) throw new Error("nothing is drawn yet");
  const hasher = new AuditHasher();
  hasher.add(data);
  const tree = hasher.finish();
  return drawnLeaves(draw, data.length, auditedNetwork.parameters.storage.leavesPerAudit).map((index) => {
    const { from, to } = auditGroupSpan(data.length, index);
    return auditLeafOf(tree, index, data.subarray(from, to));
  });
}

/** Shows some leaves for a period. */
export function proving(
  key: TestKey,
  purse: Purse,
  deal: StorageDeal,
  leaves: readonly AuditLeaf[],
  nonce = 1n,
  period = deal.audited,
  network: FixtureNetwork = auditedNetwork,
): PreparedTransaction {
  const command: Command = { type: "data.prove", offer: deal.offer, deal: deal.id, period, leaves };
  return transact(key, command, {}, purse, -deal.periodNano, nonce, network);
}
