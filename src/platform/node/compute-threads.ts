/**
 * Compute threads in Node.
 * @module
 */
import { type MessagePort, parentPort, Worker, type WorkerOptions } from "node:worker_threads";
import type { RpcPort } from "#sdk/rpc.ts";
import type { ComputeThread } from "../wasm/pool-worker.ts";

type NodePort = Pick<MessagePort, "postMessage" | "on" | "off"> | Worker;

/** Node's ports deliver values where browsers deliver events. */
function rpcPort(port: NodePort): RpcPort {
  const wrapped = new Map<unknown, (value: unknown) => void>();
  return {
    postMessage: (message) => port.postMessage(message),
    addEventListener: (_type, listener) => {
      const receive = (data: unknown): void => listener({ data });
      wrapped.set(listener, receive);
      port.on("message", receive);
    },
    removeEventListener: (_type, listener) => {
      const receive = wrapped.get(listener);
      if (receive !== undefined) port.off("message", receive);
    },
  };
}

/** Starts a thread from a script; `options` are Node's (worker data, limits). */
export function startComputeThread(script: URL, options: WorkerOptions = {}): ComputeThread {
  const worker = new Worker(script, options);
  worker.unref();
  let reason: string | null = null;
  // Without this listener an exception in the thread ends the whole process. The thread's exit follows.
  worker.on("error", (error) => {
    reason = String(error);
  });
  return {
    port: rpcPort(worker),
    onDeath: (action) => void worker.once("exit", (code) => action(reason ?? `it ended with code ${code}`)),
    end: () => void worker.terminate(),
  };
}

/** The port of the thread that calls this, to the thread that started it. */
export function ownPort(): RpcPort {
  if (parentPort === null) throw new Error("this is not a worker thread");
  return rpcPort(parentPort);
}
