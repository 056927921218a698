/**
 * What every `Sampler` must do, whatever is behind it: the emulated unit, one over a port, a device at the end of a stream,
 * a device with its stand-in.
 */
import { afterEach, describe, expect, it } from "vitest";
import type { Sampler } from "#node/ports.ts";
import {
  fixedPointOne,
  type IsingInstance,
  packedBytes,
  type SamplingSchedule,
  type SpinBlock,
} from "#protocol/hardware/ising.ts";
import type { Result } from "#protocol/result.ts";

const schedule: SamplingSchedule = { warmUpSteps: 8, warmUpBeta: null, samples: 600, stepsPerSample: 1, seed: 5n };

/** A ring of spins with a coupling and a field of half. */
function ring(spins: number): IsingInstance {
  return {
    spins,
    edges: Uint16Array.from({ length: 2 * spins }, (_, i) => ((i + 1) >> 1) % spins),
    couplings: new Int32Array(spins).fill(fixedPointOne / 2),
    fields: new Int32Array(spins).fill(fixedPointOne / 2),
    beta: fixedPointOne,
  };
}

type Run = AsyncIterator<Result<SpinBlock>>;

/** Reads a run to its end: its samples, and the code it ended with. */
async function read(run: Run, spins: number): Promise<{ samples: number; bytes: number[]; end: string }> {
  const bytes: number[] = [];
  let samples = 0;
  for (;;) {
    const item = await run.next();
    if (item.done === true) return { samples, bytes, end: "" };
    if (!item.value.ok) return { samples, bytes, end: item.value.code };
    const block = item.value.value;
    expect(block.spins.length).toBe(block.samples * packedBytes(spins));
    samples += block.samples;
    bytes.push(...block.spins);
  }
}

/** Runs the suite over what `create` makes. */
export function describeSampler(name: string, create: () => Promise<Sampler>): void {
  describe(`sampler contract: ${name}`, () => {
    const made: Sampler[] = [];
    afterEach(async () => {
      for (const sampler of made.splice(0)) await sampler.close();
    });
    const open = async (): Promise<Sampler> => {
      const sampler = await create();
      made.push(sampler);
      return sampler;
    };
    const start = (sampler: Sampler, changes: Partial<SamplingSchedule> = {}): Run =>
      sampler.sample({ ...schedule, ...changes })[Symbol.asyncIterator]();

    it("draws as many samples as it is asked for, the same under one seed", async () => {
      const sampler = await open();
      expect(sampler.describe().spins).toBeGreaterThanOrEqual(64);
      expect(await sampler.program(ring(64))).toMatchObject({ ok: true });
      const [first, second] = [await read(start(sampler), 64), await read(start(sampler), 64)];
      expect([first.samples, first.end]).toEqual([600, ""]);
      expect(second).toEqual(first);
      expect((await read(start(sampler, { seed: 6n }), 64)).bytes).not.toEqual(first.bytes);
      const health = await sampler.health();
      expect(health).toMatchObject({ ok: true, value: { good: true } });
      expect(health.ok && health.value.samples).toBeGreaterThanOrEqual(1_800);
    });

    it("refuses to sample before it is programmed, and what makes no sense", async () => {
      const sampler = await open();
      expect((await read(start(sampler), 64)).end).toBe("invalid-argument");
      expect(await sampler.program({ ...ring(8), spins: 9 })).toMatchObject({ code: "invalid-argument" });
      await sampler.program(ring(8));
      expect((await read(start(sampler, { samples: 0 }), 8)).end).toBe("invalid-argument");
      expect((await read(start(sampler), 8)).samples).toBe(600);
    });

    it("stops with its reader", async () => {
      const sampler = await open();
      await sampler.program(ring(64));
      const run = start(sampler, { samples: 500_000 });
      expect((await run.next()).value).toMatchObject({ ok: true });
      await run.return?.();
      expect(await read(start(sampler), 64)).toMatchObject({ samples: 600, end: "" });
    });

    it.each([
      ["that nobody reads just now", false],
      ["that is being waited for", true],
    ])("drops a run %s for a new one, or for another instance", async (_name, waited) => {
      const sampler = await open();
      for (const other of [64, 24]) {
        await sampler.program(ring(64));
        const old = start(sampler, { samples: 500_000, warmUpSteps: waited ? 1_000_000 : 8 });
        const waiting = waited ? old.next() : null;
        if (!waited) expect((await old.next()).value).toMatchObject({ ok: true });
        if (other !== 64) expect(await sampler.program(ring(other))).toMatchObject({ ok: true });
        expect(await read(start(sampler), other)).toMatchObject({ samples: 600, end: "" });
        const item = await (waiting ?? old.next());
        expect(item.value).toMatchObject({ ok: false, code: "cancelled" });
      }
    });

    it("answers with refusals once it is closed", async () => {
      const sampler = await open();
      await sampler.program(ring(8));
      await sampler.close();
      expect((await read(start(sampler), 8)).end).not.toBe("");
    });
  });
}
