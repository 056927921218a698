/**
 * Traffic of storage deals in the simulator: whatever a key can do next as a keeper or a client. Nobody moves the bytes: what a
 * client leaves follows from its length, so every keeper has it.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { StoredOutput } from "#protocol/ledger/state.ts";
import { namespace } from "#protocol/ledger/state-key.ts";
import { currentKeyHash } from "#protocol/ledger/succession.ts";
import { dealOfEntry, type StorageDeal } from "#protocol/programs/storage-deals.ts";
import { countPlacedOffers, leastBondNano, offerOfEntry } from "#protocol/programs/storage-offers.ts";
import type { FixtureNetwork } from "../ledger-fixtures.ts";
import { memoryFeeNano } from "../memory-fixtures.ts";
import { Random } from "../random.ts";
import {
  acceptance,
  dealOver,
  deletion,
  leavesFor,
  proving,
  storageOffer,
  storageWithdrawal,
} from "../storage-fixtures.ts";
import type { WorldNode } from "./world.ts";

const offerBytes = 262_144;
const offerBlocks = 60;
const priceNano = 1_000_000n;
/** Binds several deals. */
const bondNano = 4_000_000n;
const contentBytes = { least: 1, most: 65_536 };
const mostPeriods = 3;

/** Proofs do not always come, so that bonds are burnt as well. */
const provingShare = 0.8;
const leavingShare = 0.1;

const contentOf = (bytes: number): Uint8Array => new Random(bytes).bytes(bytes);

/** One more step of a key's with storage, paid from a coin; null if the coin does not reach, or nothing is to be done. */
export function storageTransaction(
  { key, node }: WorldNode,
  { outPoint, output }: StoredOutput,
  random: Random,
  nonce: bigint,
  network: FixtureNetwork,
): PreparedTransaction | null {
  if (output.amount < 3n * bondNano) return null;
  const { state, head } = node.running.chain;
  const purse = { outPoint, amountNano: output.amount };
  const isOwn = (keyHash: Uint8Array): boolean => toHex(currentKeyHash(state, keyHash)) === toHex(key.keyHash);
  const entries = [...state.entries(Uint8Array.of(namespace.storage))];
  const offers = entries.flatMap(([at, value]) => offerOfEntry(at, value) ?? []);
  const kept = new Set(offers.filter(({ keeper }) => isOwn(keeper)).map(({ id }) => toHex(id)));
  const deals = entries
    .flatMap(([at, value]) => dealOfEntry(at, value) ?? [])
    .filter(({ dueHeight }) => dueHeight > head.height);
  const pick = <T>(among: readonly T[]): T | undefined => among[random.between(0, Math.max(0, among.length - 1))];
  const isKept = ({ offer }: StorageDeal): boolean => kept.has(toHex(offer));
  const chance = random.fraction();
  const asked = pick(deals.filter((deal) => isKept(deal) && deal.draw !== null && deal.passed === 0));
  if (asked !== undefined && chance < provingShare) {
    return proving(key, purse, asked, leavesFor(asked, contentOf(asked.bytes)), nonce, asked.audited, network);
  }
  const open = offers.filter(({ untilHeight, withdrawn }) => withdrawn === 0 && untilHeight > head.height);
  const waiting = pick(deals.filter((deal) => isKept(deal) && deal.accepted === 0));
  if (waiting !== undefined && chance < provingShare) return acceptance(key, purse, waiting, nonce, network);
  const own = pick(offers.filter((offer) => kept.has(toHex(offer.id)) && offer.withdrawn === 0));
  if (own !== undefined && chance > 1 - leavingShare) return storageWithdrawal(key, purse, own, nonce, network);
  const mine = pick(deals.filter(({ client }) => isOwn(client)));
  if (mine !== undefined && chance > 1 - 2 * leavingShare) return deletion(key, purse, mine, nonce, network);
  const offer = pick(open);
  if (offer !== undefined && chance > leavingShare) {
    const data = contentOf(random.between(contentBytes.least, contentBytes.most));
    return dealOver(key, purse, offer, data, random.between(1, mostPeriods), nonce, network);
  }
  const leastNano = leastBondNano(countPlacedOffers(state, head.height + 1), network.parameters);
  if (leastNano > bondNano || output.amount < bondNano + memoryFeeNano) return null;
  const untilHeight = head.height + offerBlocks;
  return storageOffer(
    key,
    purse,
    { peer: "somebody", bytes: offerBytes, untilHeight, priceNano, bondNano },
    nonce,
    network,
  );
}
