/**
 * Traffic of memory and processes in the simulator: whatever a key can do next with what it holds.
 * @module
 */

import { toHex } from "#protocol/codec/bytes.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { StoredOutput } from "#protocol/ledger/state.ts";
import { leaseOf, processOf } from "#protocol/ledger/things.ts";
import type { Output } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { offerBurnNano, standingOffers } from "#protocol/programs/memory-market.ts";
import type { FixtureNetwork } from "../ledger-fixtures.ts";
import {
  allocation,
  freeing,
  goodReceipt,
  type Held,
  memoryOffer,
  memoryWithdrawal,
  processStart,
  processStop,
} from "../memory-fixtures.ts";
import type { Random } from "../random.ts";
import type { WorldNode } from "./world.ts";

/** Offers are small and short, so that they run out and expire within a story. */
const offerPages = 64;
const offerBlocks = 30;
const mostLeasePages = 24;

/** Who holds less cannot pay for an offer. */
const leastCoinNano = 2_000_000n;

/** One more step of a key's with memory, paid from a coin; null if the coin does not reach. */
export function memoryTransaction(
  { key, node }: WorldNode,
  { outPoint, output }: StoredOutput,
  random: Random,
  nonce: bigint,
  network: FixtureNetwork,
): PreparedTransaction | null {
  if (output.amount < leastCoinNano) return null;
  const { chain, pool } = node.running;
  const height = chain.head.height + 1;
  const purse = { outPoint, amountNano: output.amount };
  const things = chain.coins
    .thingsOf(key.keyHash)
    .filter((thing) => pool.pool.spenderOf(thing.outPoint) === undefined)
    .toSorted((a, b) => (toHex(a.outPoint.txId) < toHex(b.outPoint.txId) ? -1 : 1));
  const held = <Thing>(read: (output: Output) => Thing | null): readonly Held<Thing>[] =>
    things.flatMap((one) => {
      const thing = read(one.output);
      return thing === null ? [] : [{ outPoint: one.outPoint, thing }];
    });
  const [process] = held(processOf);
  const [lease] = held(leaseOf);
  const offers = standingOffers(chain.state, height);
  const offer = offers[random.between(0, Math.max(0, offers.length - 1))];
  const chance = random.fraction();
  if (process !== undefined && chance < 0.5) return processStop(key, purse, process, goodReceipt, nonce, network);
  if (lease !== undefined && chance < 0.4) return processStart(key, purse, lease, nonce, undefined, network);
  if (lease !== undefined && chance < 0.6) return freeing(key, purse, lease, nonce, network);
  if (offer === undefined || chance < 0.1) {
    const burnNano = 2n * offerBurnNano(offers.length, offerBlocks, network.parameters);
    const bytes = offerPages * limits.memoryPageBytes;
    const terms = { bytes, untilHeight: height + offerBlocks - 1, priceNano: 9n, burnNano };
    return memoryOffer(key, purse, terms, nonce, network);
  }
  const own = offers.find(({ provider }) => toHex(provider) === toHex(key.keyHash));
  if (own !== undefined && chance > 0.95) return memoryWithdrawal(key, purse, own.id, nonce, network);
  return allocation(key, purse, offer, random.between(1, mostLeasePages) * limits.memoryPageBytes, nonce, network);
}
