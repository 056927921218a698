/**
 * One thread of a pool: how it is reached, that it lives, and its end.
 * @module
 */
import { connect, type Remote, type RpcPort } from "#sdk/rpc.ts";
import type { ComputeService } from "./compute-service.ts";

/** A thread that runs the compute service. */
export interface ComputeThread {
  readonly port: RpcPort;
  /** Calls back if the thread dies, with what the platform says about it. */
  onDeath(action: (reason: string) => void): void;
  end(): void;
}

/** A thread as the pool sees it. */
export interface PoolWorker {
  readonly thread: ComputeThread;
  readonly remote: Remote<ComputeService>;
  alive: boolean;
}

/** Starts a thread. `onDeath` hears of an end that nobody asked for. */
export function startPoolWorker(spawn: () => ComputeThread, onDeath: (reason: string) => void): PoolWorker {
  const thread = spawn();
  const worker: PoolWorker = { thread, remote: connect<ComputeService>(thread.port), alive: true };
  thread.onDeath((reason) => {
    if (!worker.alive) return;
    endPoolWorker(worker);
    onDeath(reason);
  });
  return worker;
}

/** Ends a thread; its open calls are refused. */
export function endPoolWorker(worker: PoolWorker): void {
  if (!worker.alive) return;
  worker.alive = false;
  worker.remote.close();
  worker.thread.end();
}
