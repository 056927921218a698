/**
 * What a node keeps of files, and its pace with them. What files themselves may be stands in `protocol/files`.
 * @module
 */

import { fileLimits } from "#protocol/files/limits.ts";

const mebibyte = 1_048_576;

/** Bounds and paces. */
export const filePlan = {
  /** Blocks kept in all, and stripes. */
  blocks: 65_536,
  /** Bytes kept for this node's own people, and for one peer. */
  ownBytes: 256 * mebibyte,
  fromOneBytes: 512 * mebibyte,
  /** Blocks, stripes and releases, each, that are kept for one peer. */
  fromOnePieces: 8_192,
  /** What an offer may be. */
  leastOfferBytes: 16 * mebibyte,
  mostOfferBytes: 1_048_576 * mebibyte,
  /** A stamp must have so many bits more than one of the free lane: it is for sixteen megabytes. */
  moreStampBits: 2,
  /** Peers whose stamps are remembered. */
  allowances: 1_024,
  /** Who said whether it keeps is asked again so often, where shards are to be left; */
  askAgainMs: 60_000,
  /** where they are looked for, it is known for so long. */
  knownMs: 3_600_000,
  /** Keepers that others named are connected, so many at once. */
  reached: 8,
  /** Peers that are asked for a block. */
  asked: 16,
  askTimeoutMs: 10_000,
  /** Who has not answered by then is not waited for any more: others are asked as well. */
  hedgeMs: 1_500,
  /** Rounds of questions while somebody says that he may not send more just now, and the wait between them. */
  rounds: 30,
  patienceMs: 1_000,
  /** A node that has just started waits so long for one that keeps files. */
  joiningMs: 20_000,
  /** Old blocks are cleared away this often. */
  sweepEveryMs: 3_600_000,
  /** Keepers ask each other about so many pieces at once who still has what, the next ones after so long, */
  auditEveryMs: 20_000,
  auditedStripes: 160,
  /** at least so many of them one after the other, however much has gone or come, */
  passedStripes: 40,
  /** and begin again with the first so often. What a keeper had that has gone is asked about at once, */
  passEveryMs: 600_000,
  /** and what could be spread further when one comes, so often at most. */
  spreadEveryMs: 60_000,
  /** So many keepers are asked each time for a shard that they say they have. */
  checkedKeepers: 2,
  /** A piece that misses shards so many times in a row is repaired, so many pieces at a time. */
  missedAudits: 2,
  /** One that could not be repaired is tried again after so many. */
  tryAgainAudits: 30,
  repairedStripes: 32,
  /** What is pinned is looked through this often, and renewed once so much of its time is left, so many pieces at a time. */
  renewEveryMs: 60_000,
  renewAtMs: fileLimits.lifeMs / 2,
  renewedStripes: 64,
  /** Who was away when pieces were let go is told once it comes, looked for this often; so many requests wait for that, */
  tellAgainMs: 60_000,
  queuedReleases: 512,
  /** and of each it is remembered that so many keepers have heard it. */
  toldKeepers: 256,
  /** Who said that he had a shard and did not give it counts for nothing so long. */
  distrustMs: 3_600_000,
} as const;
