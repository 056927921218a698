/**
 * A sampling unit on the other side of a port: in a worker of its own (emulated) or in the window (hardware). The far end
 * is asked for each block, so that it never runs ahead of what is used and a stop is one message.
 * @module
 */
import type { Sampler } from "#node/ports.ts";
import type {
  IsingInstance,
  SamplerDescription,
  SamplerHealth,
  SamplingSchedule,
  SpinBlock,
} from "#protocol/hardware/ising.ts";
import { type Rejected, type Result, rejected } from "#protocol/result.ts";
import { connect, type RpcPort, serve } from "#sdk/rpc.ts";

/** The calls the owner of a device answers. */
interface SamplerService {
  describe(): Promise<SamplerDescription>;
  program(instance: IsingInstance): Promise<Result<null>>;
  /** Starts a run, ending the one before it. */
  start(schedule: SamplingSchedule): Promise<number>;
  /** The run's next block; null after the last. */
  next(run: number): Promise<Result<SpinBlock> | null>;
  stop(run: number): Promise<null>;
  health(): Promise<Result<SamplerHealth>>;
  close(): Promise<null>;
}

/** Serves a device to the other end of a port; the returned function ends it. Calls wait for the device. */
export function exposeSampler(device: Promise<Sampler>, port: RpcPort): () => void {
  let run = 0;
  let blocks: AsyncIterator<Result<SpinBlock>> | null = null;
  /** Not waited for: a run that is in the middle of something ends when the device is given something else. */
  const end = (): null => {
    const ending = blocks;
    blocks = null;
    ending?.return?.().catch(() => undefined);
    return null;
  };
  const service: SamplerService = {
    describe: async () => (await device).describe(),
    program: async (instance) => (await device).program(instance),
    start: async (schedule) => {
      end();
      blocks = (await device).sample(schedule)[Symbol.asyncIterator]();
      return ++run;
    },
    next: async (wanted) => {
      if (wanted !== run || blocks === null) return rejected("cancelled", "Another run was started.");
      const item = await blocks.next();
      return item.done === true ? null : item.value;
    },
    stop: (wanted) => Promise.resolve(wanted === run ? end() : null),
    health: async () => (await device).health(),
    close: async () => {
      end();
      await (await device).close();
      return null;
    },
  };
  return serve(port, service);
}

/** A device reached over a port. */
export interface RemoteSampler extends Sampler {
  /** The far end died: whatever is open, and all that follows, answers with this refusal. */
  lost(refusal: Rejected): void;
}

/** Reaches a device over a port; answers once it is there. */
export async function remoteSampler(port: RpcPort): Promise<Result<RemoteSampler>> {
  const remote = connect<SamplerService>(port);
  const { methods } = remote;
  // A port that dies while a call is open fails it; to the user of the device that is a refusal like any other.
  const ask = async <T>(call: Promise<T | Rejected>): Promise<T | Rejected> => {
    try {
      return await call;
    } catch (error) {
      return rejected("disconnected", `The sampling unit's thread failed: ${String(error)}`);
    }
  };
  const description = await ask(methods.describe());
  if ("ok" in description) return description;
  async function* sample(schedule: SamplingSchedule): AsyncGenerator<Result<SpinBlock>, void> {
    const run = await ask(methods.start(schedule));
    if (typeof run !== "number") return yield run;
    let over = false;
    try {
      while (!over) {
        const block = await ask(methods.next(run));
        over = block === null || !block.ok;
        if (block !== null) yield block;
      }
    } finally {
      if (!over) await ask(methods.stop(run));
    }
  }
  const sampler: RemoteSampler = {
    describe: () => description,
    program: (instance) => ask(methods.program(instance)),
    sample,
    health: () => ask(methods.health()),
    close: async () => {
      await ask(methods.close());
      remote.close(rejected("disconnected", "The sampling unit was closed."));
    },
    lost: (refusal) => remote.close(refusal),
  };
  return { ok: true, value: sampler };
}
