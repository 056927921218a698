/**
 * Who is to blame when two chains hold conflicting blocks for final: the voters that stand under links of both which nobody
 * may sign both. More than a third of the electorate does, whatever happened (Casper FFG's accountable safety).
 * @module
 */
import { toHex } from "../codec/bytes.ts";
import type { SignedLink } from "./certificate.ts";
import { offenceOf } from "./votes.ts";

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

/** Pairs out of the links of two chains that together name everybody whom any pair names. */
export function offencesBetween(ours: readonly SignedLink[], theirs: readonly SignedLink[]): readonly OffencePair[] {
  const pairs = ours.flatMap((first) =>
    theirs.flatMap((second) => {
      if (offenceOf(first.link, second.link) === null) return [];
      const culprits = culpritsOf({ first, second });
      return culprits.length === 0 ? [] : [{ first, second, culprits }];
    }),
  );
  pairs.sort((a, b) => b.culprits.length - a.culprits.length);
  const named = new Set<string>();
  const chosen: OffencePair[] = [];
  for (const { first, second, culprits } of pairs) {
    if (culprits.every((name) => named.has(name))) continue;
    for (const name of culprits) named.add(name);
    chosen.push({ first, second });
  }
  return chosen;
}
