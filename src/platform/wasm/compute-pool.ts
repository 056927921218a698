/**
 * The compute ports over a few threads. Batches are cut into chunks that idle threads take one by one; small batches stay
 * on the calling thread, and so does every chunk whose thread has died. No call is left hanging by a dead thread.
 * @module
 */

import type {
  BeaconVerifier,
  BlsAggregator,
  BlsVerifier,
  NonceSearch,
  SegmentVerifier,
  SignatureVerifier,
  VoteSignatures,
} from "#node/ports.ts";
import type { DigestBlock } from "#protocol/files/block-digests.ts";
import type { CombineShards } from "#protocol/files/erasure-code.ts";
import { createVoteSignatures } from "../vote-signatures.ts";
import { type ComputeService, createComputeService, packSignatures } from "./compute-service.ts";
import { nativeDigest } from "./native-digest.ts";
import { type ComputeThread, endPoolWorker, type PoolWorker, startPoolWorker } from "./pool-worker.ts";
import { createPooledNonceSearch } from "./pooled-nonce-search.ts";

/** Sizes of what is sent to a thread at once. */
const poolSizes = {
  /** Below this, sending costs more than it saves. */
  smallBatch: 8,
  /** About 25 ms of signatures: small enough that a thread which is also mining does not hold up the batch. */
  chunkChecks: 64,
} as const;

/** What may be set about a pool. */
export interface ComputePoolOptions {
  /** Share of each thread's time that a nonce search may take, from 0 (paused) to 1; asked again at every slice. Default 1. */
  readonly searchShare?: () => number;
  /** Hears that a thread has died, why, and how many are left. The pool goes on without it. */
  readonly onThreadDeath?: (reason: string, threadsLeft: number) => void;
}

/** The compute ports and their end. */
export interface ComputePool {
  readonly signatureVerifier: SignatureVerifier;
  readonly beaconVerifier: BeaconVerifier;
  readonly segmentVerifier: SegmentVerifier;
  readonly blsVerifier: BlsVerifier & BlsAggregator;
  readonly votes: VoteSignatures;
  readonly nonceSearch: NonceSearch;
  /** Erasure codes are done on the calling thread: moving shards takes longer than coding them. */
  readonly combineShards: () => Promise<CombineShards>;
  /** Absent where the platform offers none, as in pages that did not come over a secure connection. */
  readonly digestBlock?: DigestBlock;
  /** Ends all threads. Searches end without a nonce; batches still open, and later ones, are done on the calling thread. */
  close(): void;
}

function isAnswer(answer: unknown, length: number): answer is readonly boolean[] {
  return Array.isArray(answer) && answer.length === length;
}

/** Starts `threads` threads. `nowMs` is for rates and the length of slices only. */
export function createComputePool(
  spawn: () => ComputeThread,
  threads: number,
  nowMs: () => number,
  options: ComputePoolOptions = {},
): ComputePool {
  const local = createComputeService();
  const onDeath = (reason: string): void => options.onThreadDeath?.(reason, living().length);
  const workers = Array.from({ length: threads }, () => startPoolWorker(spawn, onDeath));
  const living = (): readonly PoolWorker[] => workers.filter((worker) => worker.alive);

  const spread = async <T>(
    items: readonly T[],
    work: (service: ComputeService, part: readonly T[]) => Promise<readonly boolean[]>,
    smallBatch: number = poolSizes.smallBatch,
  ): Promise<readonly boolean[]> => {
    const helpers = living();
    if (items.length < smallBatch) return work(local, items);
    // Cut up even where no thread is left: a batch of proofs has a largest size.
    const size = Math.min(poolSizes.chunkChecks, Math.ceil(items.length / Math.max(1, helpers.length)));
    const chunks: (readonly T[])[] = [];
    for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
    const answers: (readonly boolean[])[] = [];
    let next = 0;
    const take = async (service: ComputeService, canGoOn: () => boolean): Promise<void> => {
      while (canGoOn() && next < chunks.length) {
        const place = next++;
        const chunk = chunks[place] as readonly T[];
        const answer: unknown = await work(service, chunk).catch(() => null);
        answers[place] = isAnswer(answer, chunk.length) ? answer : await work(local, chunk);
      }
    };
    await Promise.all(helpers.map((helper) => take(helper.remote.methods, () => helper.alive)));
    // Chunks that nobody took because all threads have died.
    await take(local, () => true);
    return answers.flat();
  };

  const search = createPooledNonceSearch(living, local, nowMs, options.searchShare ?? (() => 1));
  const blsVerifier: BlsVerifier & BlsAggregator = {
    verifyBatch: (checks) => spread(checks, (service, part) => service.verifyBls(part), 1),
    aggregate: (signatures) => {
      const [helper] = living();
      if (helper === undefined) return local.addBls(signatures);
      return helper.remote.methods.addBls(signatures).catch(() => local.addBls(signatures));
    },
  };
  return {
    signatureVerifier: {
      verifyBatch: (checks) =>
        spread(checks, async (service, part) =>
          Array.from(await service.verifySignatures(packSignatures(part)), (good) => good === 1),
        ),
    },
    // A single proof already takes longer than sending it.
    segmentVerifier: { verifyBatch: (claims) => spread(claims, (service, part) => service.verifyProofs(part), 1) },
    blsVerifier,
    votes: createVoteSignatures(blsVerifier),
    beaconVerifier: { verifyBatch: (checks) => spread(checks, (service, part) => service.verifyBeacons(part)) },
    nonceSearch: search,
    combineShards: async () => (await import("./erasure-kernel.ts")).startCombining(),
    ...(nativeDigest === undefined ? {} : { digestBlock: nativeDigest }),
    close: () => {
      search.close();
      for (const worker of workers) endPoolWorker(worker);
    },
  };
}
