/**
 * Who is to blame when two chains hold conflicting blocks for final: the voters that stand under links of both which nobody
 * may sign both. More than a third of the electorate does, whatever happened (Casper FFG's accountable safety).
 * @module
 */
import { toHex } from "../codec/bytes.ts";
import type { SignedLink } from "./certificate.ts";
import { equalLinks } from "./votes.ts";

/** Two signed links that nobody may sign both, with somebody who did. */
export interface OffencePair {
  readonly first: SignedLink;
  readonly second: SignedLink;
}

/** Keys of those who signed both, in hexadecimal, each once. */
export function culpritsOf({ first, second }: OffencePair): readonly string[] {
  const signed = new Set(first.keys.map(toHex));
  return [...new Set(second.keys.map(toHex))].filter((name) => signed.has(name));
}

/** Contradictions of one voter that are looked at for the one that names most others with it. */
const comparedPairs = 16;

/** A signed link with its signers' names. */
interface NamedLink {
  readonly signed: SignedLink;
  readonly names: ReadonlySet<string>;
}

type NamedPair = readonly [NamedLink, NamedLink];

/** A pair with the names of those who signed both. */
interface Contradiction {
  readonly pair: NamedPair;
  readonly names: readonly string[];
}

/** Links by falling source epoch, named. The keys of a chain's voters are the same bytes in all its links. */
function named(links: readonly SignedLink[]): readonly NamedLink[] {
  const nameOf = new Map<Uint8Array, string>();
  for (const key of links.flatMap(({ keys }) => keys)) if (!nameOf.has(key)) nameOf.set(key, toHex(key));
  return links
    .map((signed) => ({ signed, names: new Set(signed.keys.map((key) => nameOf.get(key) as string)) }))
    .sort((a, b) => b.signed.link.source.epoch - a.signed.link.source.epoch);
}

/** Two different links for one target epoch, of a voter's on either side. */
function* doubleVotes(ours: readonly NamedLink[], theirs: readonly NamedLink[]): Generator<NamedPair> {
  const byEpoch = new Map<number, NamedLink[]>();
  for (const one of ours) {
    const { link } = one.signed;
    const there = byEpoch.get(link.target.epoch) ?? [];
    // Of two different ones every third link contradicts one at least.
    if (there.length < 2 && there.every(({ signed }) => !equalLinks(signed.link, link)))
      byEpoch.set(link.target.epoch, [...there, one]);
  }
  for (const second of theirs) {
    const { link } = second.signed;
    const first = byEpoch.get(link.target.epoch)?.find(({ signed }) => !equalLinks(signed.link, link));
    if (first !== undefined) yield [first, second];
  }
}

/** Links of some that surround one of others; both by falling source epoch. */
function* surrounding(outer: readonly NamedLink[], inner: readonly NamedLink[]): Generator<NamedPair> {
  let at = 0;
  let nearest: NamedLink | undefined;
  for (const one of outer) {
    const { source, target } = one.signed.link;
    // Of all that start later the one that ends first: if it is not surrounded, none is.
    for (let next = inner[at]; next !== undefined && next.signed.link.source.epoch > source.epoch; next = inner[++at])
      if (nearest === undefined || next.signed.link.target.epoch < nearest.signed.link.target.epoch) nearest = next;
    if (nearest !== undefined && nearest.signed.link.target.epoch < target.epoch) yield [one, nearest];
  }
}

/** What one voter has signed on both sides and may not have; nothing only if there is nothing. */
function* contradictions(ours: readonly NamedLink[], theirs: readonly NamedLink[]): Generator<NamedPair> {
  yield* doubleVotes(ours, theirs);
  yield* surrounding(ours, theirs);
  for (const [second, first] of surrounding(theirs, ours)) yield [first, second];
}

function sharedNames([first, second]: NamedPair): readonly string[] {
  return [...first.names].filter((name) => second.names.has(name));
}

/** The contradiction that names most, of the first few. */
function widest(pairs: Iterable<NamedPair>): Contradiction | null {
  let best: Contradiction | null = null;
  let left = comparedPairs;
  for (const pair of pairs) {
    const names = sharedNames(pair);
    if (best === null || names.length > best.names.length) best = { pair, names };
    if (--left === 0) break;
  }
  return best;
}

/**
 * Pairs out of the links of two chains that together name everybody whom any pair names. Each voter's own votes are searched,
 * not all pairs of links: a single voter can sign as many links as somebody has patience to show, all of which contradict all.
 */
export function offencesBetween(ours: readonly SignedLink[], theirs: readonly SignedLink[]): readonly OffencePair[] {
  const voters = new Map<string, { readonly ours: NamedLink[]; readonly theirs: NamedLink[] }>();
  for (const one of named(ours))
    for (const name of one.names) {
      const cast = voters.get(name) ?? { ours: [], theirs: [] };
      cast.ours.push(one);
      voters.set(name, cast);
    }
  for (const one of named(theirs)) for (const name of one.names) voters.get(name)?.theirs.push(one);
  const guilty = new Set<string>();
  const found: Contradiction[] = [];
  for (const [name, cast] of voters) {
    const offence = guilty.has(name) ? null : widest(contradictions(cast.ours, cast.theirs));
    if (offence === null) continue;
    for (const culprit of offence.names) guilty.add(culprit);
    found.push(offence);
  }
  return leastOf(found);
}

/** Pairs that name as many as all, those with most names first. */
function leastOf(found: readonly Contradiction[]): readonly OffencePair[] {
  const told = new Set<string>();
  const chosen: OffencePair[] = [];
  for (const { pair, names } of [...found].sort((a, b) => b.names.length - a.names.length)) {
    if (names.every((name) => told.has(name))) continue;
    for (const name of names) told.add(name);
    chosen.push({ first: pair[0].signed, second: pair[1].signed });
  }
  return chosen;
}
