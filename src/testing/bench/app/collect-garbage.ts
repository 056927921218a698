/**
 * Has the engine collect all garbage of a page and of each of its workers, through the browser's debugging protocol, and
 * counts what is left.
 * @module
 */
import type { CDPSession } from "playwright-core";

/** Collected twice: what only finalisers have let go of falls the second time. */
const rounds = 2;

interface HeapUsage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize: number;
  readonly backingStorageSize: number;
}

const inAll = ({ usedSize, embedderHeapUsedSize, backingStorageSize }: HeapUsage): number =>
  usedSize + embedderHeapUsedSize + backingStorageSize;

/**
 * Collects, and lets go of the workers again: being debugged changes how they run. Gives the bytes that are alive in the
 * heaps of all threads, buffers included.
 */
export async function collectGarbage(page: CDPSession): Promise<number> {
  const workers: string[] = [];
  const answers = new Map<number, (result: unknown) => void>();
  let lastId = 0;
  const onAttached = ({ sessionId }: { readonly sessionId: string }): void => void workers.push(sessionId);
  const onMessage = ({ message }: { readonly message: string }): void => {
    const { id, result } = JSON.parse(message) as { readonly id: number; readonly result: unknown };
    answers.get(id)?.(result);
  };
  const ask = (sessionId: string, method: string): Promise<unknown> =>
    new Promise((resolve) => {
      lastId++;
      answers.set(lastId, resolve);
      const message = JSON.stringify({ id: lastId, method });
      // A worker that has ended meanwhile has no garbage and no heap.
      page.send("Target.sendMessageToTarget", { sessionId, message }).catch(() => resolve(undefined));
    });
  page.on("Target.attachedToTarget", onAttached);
  page.on("Target.receivedMessageFromTarget", onMessage);
  await page.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  for (let round = 0; round < rounds; round++) {
    await page.send("HeapProfiler.collectGarbage");
    await Promise.all(workers.map((worker) => ask(worker, "HeapProfiler.collectGarbage")));
  }
  const heaps = await Promise.all(workers.map((worker) => ask(worker, "Runtime.getHeapUsage")));
  const ownHeap = (await page.send("Runtime.getHeapUsage")) as HeapUsage;
  await page.send("Target.setAutoAttach", { autoAttach: false, waitForDebuggerOnStart: false, flatten: false });
  page.off("Target.attachedToTarget", onAttached);
  page.off("Target.receivedMessageFromTarget", onMessage);
  if (workers.length === 0) throw new Error("the page has no workers to collect in");
  return (heaps as (HeapUsage | undefined)[]).reduce(
    (sum, heap) => sum + (heap === undefined ? 0 : inAll(heap)),
    inAll(ownHeap),
  );
}
