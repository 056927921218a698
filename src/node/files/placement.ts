/**
 * Which keeper gets which shard: rendezvous hashing (highest random weight), weighted by what each offers. Everybody who knows
 * the same keepers comes to the same answer, and when one goes only what it had moves.
 * @module
 */
import { concatBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import { count } from "../counts.ts";

/** Somebody who keeps shards for others. */
export interface Keeper {
  readonly id: string;
  /** What it offers in all: the more, the more it gets. */
  readonly offeredBytes: number;
  /** The network that it is in, if its address tells; two shards of a piece are rather not in one. */
  readonly prefix: string | null;
}

/** A capacity counts by its power of two, so that an offer changed a little moves nothing. */
const weightOf = ({ offeredBytes }: Keeper): number => 2 ** Math.floor(Math.log2(Math.max(1, offeredBytes)));

const drawBytes = 6;

/** How high a keeper ranks for a stripe, by the logarithmic method of weighted rendezvous hashing; higher is first. */
function scoreOf(id: Uint8Array, keeper: Keeper): number {
  const hash = taggedHash("aether/placement/1", concatBytes(id, utf8ToBytes(keeper.id)));
  const draw = hash.subarray(0, drawBytes).reduce((sum, byte) => sum * 256 + byte, 0);
  return -weightOf(keeper) / Math.log((draw + 0.5) / 256 ** drawBytes);
}

/** Keepers in the order in which they should have shards of a stripe. */
export function rankedFor(id: Uint8Array, keepers: readonly Keeper[]): readonly Keeper[] {
  return keepers
    .map((keeper) => ({ keeper, score: scoreOf(id, keeper) }))
    .toSorted((a, b) => b.score - a.score || (a.keeper.id < b.keeper.id ? -1 : 1))
    .map(({ keeper }) => keeper);
}

/**
 * Keepers that are asked for shards of a stripe of so many places: those that should have them, and as many again and a few,
 * who should have had them while others were away or not there yet.
 */
export function likelyKeepers(id: Uint8Array, places: number, keepers: readonly Keeper[]): readonly Keeper[] {
  const likely = 2 * places + 4;
  return keepers.length <= likely ? keepers : rankedFor(id, keepers).slice(0, likely);
}

/** Who has which place: places that nobody has are not in it. */
export type Holding = ReadonlyMap<number, string>;

/**
 * Finds keepers for places of a stripe, beside those that have places already: never a second place for one keeper, or for
 * one network, while another has fewer.
 */
export function assignPlaces(
  id: Uint8Array,
  places: readonly number[],
  keepers: readonly Keeper[],
  held: Holding = new Map(),
): Holding {
  const byId = new Map(keepers.map((keeper) => [keeper.id, keeper]));
  const load = new Map<string, number>();
  const note = (keeperId: string): void => {
    const names = [`keeper ${keeperId}`, `network ${byId.get(keeperId)?.prefix ?? keeperId}`];
    for (const name of names) count(load, name, 1);
  };
  for (const keeperId of held.values()) note(keeperId);
  const loadOf = (name: string): number => load.get(name) ?? 0;
  const assigned = new Map<number, string>();
  const ranked = rankedFor(id, keepers);
  for (const place of places) {
    const [best] = ranked.toSorted(
      (a, b) =>
        loadOf(`keeper ${a.id}`) - loadOf(`keeper ${b.id}`) ||
        loadOf(`network ${a.prefix ?? a.id}`) - loadOf(`network ${b.prefix ?? b.id}`),
    );
    if (best === undefined) break;
    assigned.set(place, best.id);
    note(best.id);
  }
  return assigned;
}

/** How many places of a stripe are to be held: of copies no more than there are keepers to have them. */
export function wantedPlaces({ data, shards }: Stripe, keepers: number): number {
  return data === 1 ? Math.min(shards.length, keepers) : shards.length;
}

/** How many keepers may go, whichever they are, before fewer than `data` places are left; -1 if there are too few now. */
export function mayLeave(data: number, held: Holding): number {
  const counts = new Map<string, number>();
  for (const keeper of held.values()) count(counts, keeper, 1);
  const largestFirst = [...counts.values()].toSorted((a, b) => b - a);
  let left = held.size;
  let gone = -1;
  for (const places of [0, ...largestFirst]) {
    left -= places;
    if (left < data) return gone;
    gone++;
  }
  return gone;
}

/** The network of an address: the first 24 bits of IPv4, 48 of IPv6; null where none stands in it. */
export function prefixOf(address: string): string | null {
  const four = /\/ip4\/(\d+\.\d+\.\d+)\.\d+/.exec(address)?.[1];
  const six = /\/ip6\/([0-9a-f:]+)/i.exec(address)?.[1];
  if (six !== undefined) return expandIpv6(six)?.slice(0, 3).join(":") ?? null;
  return four ?? null;
}

/** Eight groups of an IPv6 address, without leading zeros; null if it is none. */
function expandIpv6(address: string): readonly string[] | null {
  const [front = "", back] = address.toLowerCase().split("::");
  const groups = (text: string | undefined): string[] => (text ? text.split(":") : []);
  const missing = 8 - groups(front).length - groups(back).length;
  if (back === undefined ? missing !== 0 : missing < 1) return null;
  const all = [...groups(front), ...Array.from({ length: missing }, () => "0"), ...groups(back)];
  return all.map((group) => group.replace(/^0+(?=.)/, ""));
}

/**
 * Who counts for which place, of those that have shards: as evenly as they have them, and of copies one for each keeper.
 * `having` says of each keeper, a byte for each place, whether it has that shard.
 */
export function holdingOf(data: number, places: number, having: ReadonlyMap<string, Uint8Array>): Holding {
  const holders = Array.from({ length: places }, (_, place) => ({
    place,
    keepers: [...having].flatMap(([id, here]) => (here[place] === 1 ? [id] : [])),
  }));
  const load = new Map<string, number>();
  const held = new Map<number, string>();
  for (const { place, keepers } of holders.toSorted((a, b) => a.keepers.length - b.keepers.length)) {
    const free = data === 1 ? keepers.filter((id) => !load.has(id)) : keepers;
    const [least] = free.toSorted((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0));
    if (least === undefined) continue;
    count(load, least, 1);
    held.set(place, least);
  }
  return held;
}

/** Without what one keeper has more of than its part, if so many could share: that is rather to be with another. */
export function evenly(places: number, held: Holding, keepers: number): Holding {
  const part = Math.ceil(places / Math.max(1, keepers));
  const load = new Map<string, number>();
  return new Map(
    [...held].filter(([, keeper]) => {
      count(load, keeper, 1);
      return (load.get(keeper) ?? 0) <= part;
    }),
  );
}
