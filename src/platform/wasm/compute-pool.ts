/**
 * The compute ports over a few threads: batches are cut and spread, a nonce search runs in slices so that it can stop at
 * once. Small batches stay on the calling thread; so does the work of a thread that has died.
 * @module
 */
import type { BeaconVerifier, NonceSearch, SignatureVerifier } from "#node/ports.ts";
import { connect, type Remote, type RpcPort } from "#sdk/rpc.ts";
import { type ComputeService, createComputeService } from "./compute-service.ts";

/** A thread that runs the compute service. */
export interface ComputeThread {
  readonly port: RpcPort;
  /** Calls back if the thread dies. */
  onDeath(action: () => void): void;
  end(): void;
}

/** Sizes of what is sent to a thread at once. */
const poolSizes = {
  /** Below this, sending costs more than it saves. */
  smallBatch: 8,
  /** About 50 ms of search: the time a cancelled one may go on. */
  sliceNonces: 1 << 18,
} as const;

/** The compute ports and their end. */
export interface ComputePool {
  readonly signatureVerifier: SignatureVerifier;
  readonly beaconVerifier: BeaconVerifier;
  readonly nonceSearch: NonceSearch;
  close(): void;
}

interface Worker {
  readonly thread: ComputeThread;
  readonly remote: Remote<ComputeService>;
  alive: boolean;
}

/** Starts `threads` threads. `nowMs` is for the rate only. */
export function createComputePool(spawn: () => ComputeThread, threads: number, nowMs: () => number): ComputePool {
  const local = createComputeService();
  const workers: Worker[] = Array.from({ length: threads }, () => {
    const thread = spawn();
    const worker: Worker = { thread, remote: connect<ComputeService>(thread.port), alive: true };
    thread.onDeath(() => {
      worker.alive = false;
      worker.remote.close();
    });
    return worker;
  });
  const living = (): readonly Worker[] => workers.filter((worker) => worker.alive);

  /** Cuts a batch into one part a thread; a part whose thread dies is done here. */
  const spread = async <T>(
    items: readonly T[],
    work: (service: ComputeService, part: readonly T[]) => Promise<readonly boolean[]>,
  ): Promise<readonly boolean[]> => {
    const helpers = living();
    if (items.length < poolSizes.smallBatch || helpers.length === 0) return work(local, items);
    const size = Math.ceil(items.length / helpers.length);
    const parts = helpers.map((helper, i) => ({ helper, part: items.slice(i * size, (i + 1) * size) }));
    const done = await Promise.all(
      parts.map(async ({ helper, part }) => {
        const answer = await work(helper.remote.methods, part).catch(() => null);
        return Array.isArray(answer) ? answer : work(local, part);
      }),
    );
    return done.flat();
  };

  let rate = 0;
  const start: NonceSearch["start"] = (preimage, target, firstNonce) => {
    let cancelled = false;
    let cancelSearch: () => void = () => undefined;
    const stopped = new Promise<null>((resolve) => {
      cancelSearch = () => resolve(null);
    });
    let next = firstNonce;
    let tried = 0;
    const startedMs = nowMs();
    const run = async (service: ComputeService): Promise<bigint | null> => {
      while (!cancelled) {
        const from = next;
        next += BigInt(poolSizes.sliceNonces);
        const found = await service.search(preimage, target, from, poolSizes.sliceNonces);
        tried += poolSizes.sliceNonces;
        rate = Math.round((tried * 1_000) / Math.max(1, nowMs() - startedMs));
        if (typeof found === "bigint") return found;
        if (found !== null) return null;
      }
      return null;
    };
    const services = living().map((worker) => worker.remote.methods);
    const searches = (services.length > 0 ? services : [local]).map(async (service) => {
      const found = await run(service).catch(() => null);
      if (found === null) return new Promise<never>(() => undefined);
      cancelled = true;
      return found;
    });
    return {
      result: Promise.race([...searches, stopped]).finally(() => {
        rate = 0;
      }),
      cancel: () => {
        cancelled = true;
        cancelSearch();
      },
    };
  };

  return {
    signatureVerifier: { verifyBatch: (checks) => spread(checks, (service, part) => service.verifySignatures(part)) },
    beaconVerifier: { verifyBatch: (checks) => spread(checks, (service, part) => service.verifyBeacons(part)) },
    nonceSearch: { start, hashesPerSecond: () => rate },
    close: () => {
      for (const { thread, remote } of workers) {
        remote.close();
        thread.end();
      }
    },
  };
}
