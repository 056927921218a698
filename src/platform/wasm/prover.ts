/**
 * The prover port over throw-away threads: one thread per proof, ended when the proof is there, when it is cancelled or when
 * it dies. Whatever happens to the thread, the caller gets a refusal and nothing but time is lost.
 * @module
 */
import type { ComputeShare, ProvingJob, ProvingProgress, SegmentProver } from "#node/ports.ts";
import { type Rejected, type Result, rejected } from "#protocol/result.ts";
import { connect } from "#sdk/rpc.ts";
import type { ComputeThread } from "./pool-worker.ts";
import type { ProverService } from "./prover-service.ts";

const cancelled = rejected("cancelled", "The proof was stopped. Nothing was lost but the time it took.");

function isProgress(event: unknown): event is ProvingProgress {
  return event !== null && typeof event === "object" && "stage" in event && "share" in event;
}

/** Runs one proof on a thread of its own. */
function startProof(
  thread: ComputeThread,
  share: ComputeShare | null,
  ask: (service: ProverService) => Promise<Result<Uint8Array>>,
  onProgress: (progress: ProvingProgress) => void,
): ProvingJob {
  const remote = connect<ProverService>(thread.port);
  const stop = (refusal: Rejected): void => {
    remote.close(refusal);
    thread.end();
  };
  remote.onEvent((event) => {
    if (isProgress(event)) onProgress(event);
  });
  thread.onDeath((reason) =>
    stop(
      rejected(
        "out-of-memory",
        `The proving thread ended (${reason}). Nothing was lost but time; free memory and try again.`,
        {
          reason,
        },
      ),
    ),
  );
  // The thread may be gone already; what it would have answered is nobody's concern.
  const tellShare = (): void => void remote.methods.setShare(share?.share() ?? 1).catch(() => undefined);
  const unsubscribe = share?.onChange(tellShare);
  if (share !== null) tellShare();
  const result = ask(remote.methods)
    // An exception in the thread, of which a lack of memory is the only expected one.
    .catch((error: unknown) =>
      rejected("out-of-memory", `The proof could not be made: ${String(error)}. Try again later.`),
    )
    .finally(() => {
      unsubscribe?.();
      stop(cancelled);
    });
  return { result, cancel: () => stop(cancelled) };
}

const noThread = (error: unknown) =>
  rejected("out-of-memory", `No proving thread could be started (${String(error)}). Close other tabs and try again.`);

/** Makes the port; `spawn` starts a thread that serves {@link ProverService}, and keeps to `share` if one is given. */
export function createSegmentProver(spawn: () => ComputeThread, share: ComputeShare | null = null): SegmentProver {
  let busy: symbol | null = null;
  return {
    start: (statement, witness, onProgress) => {
      const refused = (refusal: Rejected): ProvingJob => ({
        result: Promise.resolve(refusal),
        cancel: () => undefined,
      });
      if (busy !== null)
        return refused(rejected("rate-limited", "A proof is being made already; wait for it or cancel it."));
      let thread: ComputeThread;
      try {
        thread = spawn();
      } catch (error) {
        return refused(noThread(error));
      }
      const own = Symbol("proof");
      busy = own;
      const free = (): void => {
        if (busy === own) busy = null;
      };
      const job = startProof(thread, share, (service) => service.proveSegment(statement, witness), onProgress);
      const cancel = (): void => {
        job.cancel();
        // At once: who cancels may start the next one before the promise has settled.
        free();
      };
      return { result: job.result.finally(free), cancel };
    },
  };
}
