/**
 * What a node owes its user for the newest head it told of: in this life and the next its head has at least that work,
 * or votes have justified or finalised a block that is not on the told one's branch. That goes before work, and may leave
 * a lighter head. Judged by what both branches are made of, not by what the node itself says about them.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { heightOfEpoch } from "#protocol/consensus/votes.ts";
import type { Chain } from "../../node/chain.ts";
import type { HeaderEntry, HeaderIndex } from "../../node/header-index.ts";

/** A head and the headers that were known when it was told. */
export interface ToldHead {
  readonly head: HeaderEntry;
  readonly index: HeaderIndex;
}

/** What of a chain shows whether it has kept a head. */
interface HeadNow {
  readonly head: HeaderEntry;
  readonly index: HeaderIndex;
  readonly finality: Pick<Chain["finality"], "finalised" | "justified">;
}

/** What became of a told head: there or outweighed, given up for what votes decided, or lost. */
export function fateOfHead(told: ToldHead, now: HeadNow): "kept" | "outvoted" | "lost" {
  if (now.head.totalWork >= told.head.totalWork) return "kept";
  const { finalised, justified } = now.finality;
  const decided = [finalised, { height: heightOfEpoch(justified.epoch), hash: justified.hash }];
  return decided.some(({ height, hash }) => isElsewhere(told, now.index, height, toHex(hash))) ? "outvoted" : "lost";
}

/** Whether a block is certainly neither before nor after the told head: what cannot be seen excuses nothing. */
function isElsewhere({ head, index }: ToldHead, indexNow: HeaderIndex, height: number, name: string): boolean {
  if (height <= head.height) return isOther(ancestorAt(index, head, height), name);
  const decided = indexNow.named(name);
  return decided !== undefined && isOther(ancestorAt(indexNow, decided, head.height), head.name);
}

function isOther(entry: HeaderEntry | undefined, name: string): boolean {
  return entry !== undefined && entry.name !== name;
}

function ancestorAt(index: HeaderIndex, from: HeaderEntry, height: number): HeaderEntry | undefined {
  let at: HeaderEntry | undefined = from;
  while (at !== undefined && at.height > height) at = index.parentOf(at);
  return at;
}
