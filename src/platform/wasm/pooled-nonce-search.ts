/**
 * The nonce search over the threads of a pool. It runs in short slices, so that a cancelled search stops at once, batches
 * get their turn in between, and its share of the processor can be capped.
 * @module
 */
import type { NonceSearch } from "#node/ports.ts";
import type { ComputeService } from "./compute-service.ts";
import type { PoolWorker } from "./pool-worker.ts";
import { restMs } from "./work-pace.ts";

/** How a search is cut. */
const sliceLimits = {
  /** Aim for a slice on a thread of the pool: how long a batch may wait behind it. */
  threadMs: 50,
  /** Aim for a slice on the calling thread, which has other work. */
  localMs: 8,
  firstNonces: 1 << 14,
  leastNonces: 1 << 10,
  mostNonces: 1 << 24,
  /** A share below this is taken as this; the pause after a slice is then 19 slices long. */
  leastShare: 0.05,
  /** A search whose share is 0 looks this often whether it may go on. */
  pausedMs: 250,
} as const;

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

/** Counts events by the second. */
export class RateMeter {
  private second = 0;
  private count = 0;
  private finished = 0;

  add(count: number, nowMs: number): void {
    this.roll(nowMs);
    this.count += count;
  }

  /** Events in the newest finished second. */
  perSecond(nowMs: number): number {
    this.roll(nowMs);
    return this.finished;
  }

  private roll(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    if (second === this.second) return;
    this.finished = second === this.second + 1 ? this.count : 0;
    this.second = second;
    this.count = 0;
  }
}

/** A nonce search that can be ended for good. */
export interface PooledNonceSearch extends NonceSearch {
  /** Cancels all searches; later ones end at once without a nonce. */
  close(): void;
}

interface Job {
  readonly preimage: Uint8Array;
  readonly target: Uint8Array;
  readonly share: () => number;
  next: bigint;
  ended: boolean;
  end(nonce: bigint | null): void;
}

function nextSize(size: number, tookMs: number, aimMs: number): number {
  const wanted = Math.round((size * aimMs) / Math.max(1, tookMs));
  // At most fourfold a step: one slice that waited behind a batch says little about the next.
  const bounded = Math.max(size >> 2, Math.min(size << 2, wanted));
  return Math.max(sliceLimits.leastNonces, Math.min(sliceLimits.mostNonces, bounded));
}

/** Waits while the search is paused; false once it has ended. */
async function mayGoOn(job: Job): Promise<boolean> {
  while (!job.ended && job.share() <= 0) await pause(sliceLimits.pausedMs);
  return !job.ended;
}

/** Leaves the thread to others for as long as the share asks; the calling thread always gets its turn. */
async function rest(tookMs: number, share: number, onCallingThread: boolean): Promise<void> {
  const restingMs = restMs(tookMs, Math.max(sliceLimits.leastShare, share));
  if (restingMs > 0 || onCallingThread) await pause(Math.max(0, restingMs));
}

/**
 * Searches on all living threads, each with slices of its own; on the calling thread (`local`) only while none lives.
 * The slice of a thread that dies is not searched again: there are 2^64 nonces.
 */
export function createPooledNonceSearch(
  living: () => readonly PoolWorker[],
  local: ComputeService,
  nowMs: () => number,
  share: () => number,
): PooledNonceSearch {
  const rate = new RateMeter();
  const jobs = new Set<Job>();
  let closed = false;

  /** Searches slice after slice until the job ends or `canGoOn` says no. */
  const run = async (job: Job, service: ComputeService, aimMs: number, canGoOn: () => boolean): Promise<void> => {
    let size: number = sliceLimits.firstNonces;
    while ((await mayGoOn(job)) && canGoOn()) {
      const from = job.next;
      job.next = BigInt.asUintN(64, from + BigInt(size));
      const startedMs = nowMs();
      const found: unknown = await service.search(job.preimage, job.target, from, size).catch(() => undefined);
      const tookMs = nowMs() - startedMs;
      if (typeof found === "bigint") {
        rate.add(Number(BigInt.asUintN(64, found - from)) + 1, nowMs());
        job.end(found);
        return;
      }
      // Neither a nonce nor "none here": the thread cannot search.
      if (found !== null) return;
      rate.add(size, nowMs());
      size = nextSize(size, tookMs, aimMs);
      await rest(tookMs, job.share(), service === local);
    }
  };

  const search = async (job: Job): Promise<void> => {
    const onThreads = living().map((worker) =>
      run(job, worker.remote.methods, sliceLimits.threadMs, () => worker.alive),
    );
    await Promise.all(onThreads);
    await run(job, local, sliceLimits.localMs, () => true);
    job.end(null);
  };

  return {
    start: (preimage, target, firstNonce, pace) => {
      let resolve: (nonce: bigint | null) => void = () => undefined;
      const result = new Promise<bigint | null>((settle) => {
        resolve = settle;
      });
      const job: Job = {
        preimage,
        target,
        share: pace === "at-once" ? () => 1 : share,
        next: firstNonce,
        ended: closed,
        end: (nonce) => {
          job.ended = true;
          jobs.delete(job);
          resolve(nonce);
        },
      };
      if (closed) job.end(null);
      else {
        jobs.add(job);
        void search(job);
      }
      return { result, cancel: () => job.end(null) };
    },
    hashesPerSecond: () => rate.perSecond(nowMs()),
    threads: () => Math.max(1, living().length),
    close: () => {
      closed = true;
      for (const job of [...jobs]) job.end(null);
    },
  };
}
