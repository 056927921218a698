/**
 * Conformance cases of sampling: the physics by its exact odds, and the course of runs.
 * @module
 */
import { fixedPointOne, isingLimits, packedBytes } from "#protocol/hardware/ising.ts";
import { refusalCodes } from "#protocol/hardware/messages.ts";
import type { ConformanceHost } from "./conformance-host.ts";
import { answersAsk, type ConformanceCase, demand, drawn, instance, loaded, schedule } from "./conformance-tools.ts";

/** Two answers further than this many standard deviations from the odds: one good device in a million fails. */
const sigmas = 5;

function bit(samples: Uint8Array, size: number, sample: number, spin: number): number {
  return ((samples[sample * size + (spin >> 3)] as number) >> (spin & 7)) & 1;
}

/** Holds a share of samples to its odds. */
function holdToOdds(what: string, hits: number, of: number, odds: number): void {
  const tolerance = sigmas * Math.sqrt((odds * (1 - odds)) / of);
  const share = hits / of;
  demand(
    Math.abs(share - odds) <= tolerance,
    `${what}: ${share.toFixed(4)}, where ${odds.toFixed(4)} ± ${tolerance.toFixed(4)} belongs.`,
  );
}

/** What is drawn. */
export const physicsCases: readonly ConformanceCase[] = [
  {
    name: "one spin follows its field: P(+1) = σ(2βh)",
    run: async ({ host }) => {
      await host.hello();
      const samples = 16_384;
      for (const [beta, field] of [
        [1, 0.5],
        [1, -0.5],
        [2, 0.5],
        [0.5, 1.5],
        [1, 0],
      ] as const) {
        await loaded(host, instance(1, { beta: beta * fixedPointOne, fields: Int32Array.of(field * fixedPointOne) }));
        const got = await drawn(host, 1, { ...schedule, samples, stepsPerSample: 2 });
        holdToOdds(
          `β = ${beta}, h = ${field}`,
          got.reduce((sum, byte) => sum + (byte & 1), 0),
          samples,
          1 / (1 + Math.exp(-2 * beta * field)),
        );
      }
    },
  },
  {
    name: "two spins follow their coupling: P(equal) = σ(2βJ)",
    run: async ({ host, edge: [a, b] }) => {
      await host.hello();
      const samples = 16_384;
      const spins = Math.max(a, b) + 1;
      const size = packedBytes(spins);
      for (const coupling of [0.5, -0.5]) {
        const pair = instance(spins, {
          edges: Uint16Array.of(a, b),
          couplings: Int32Array.of(coupling * fixedPointOne),
        });
        await loaded(host, pair);
        const got = await drawn(host, spins, { ...schedule, samples, stepsPerSample: 12 });
        let equal = 0;
        for (let i = 0; i < samples; i++) if (bit(got, size, i, a) === bit(got, size, i, b)) equal++;
        holdToOdds(`J = ${coupling}`, equal, samples, 1 / (1 + Math.exp(-2 * coupling)));
      }
    },
  },
  {
    name: "free spins are fair, run after run from another state, unused bits clear",
    run: async ({ host }) => {
      const { spins: most } = await host.hello();
      const spins = Math.min(most, 61);
      const size = packedBytes(spins);
      await loaded(host, instance(spins));
      const [first, second] = [
        await drawn(host, spins, { ...schedule, samples: 256 }),
        await drawn(host, spins, { ...schedule, samples: 256 }),
      ];
      demand(
        first.some((byte, i) => byte !== second[i]),
        "Two runs gave the same samples.",
      );
      let ones = 0;
      for (let i = 0; i < 256; i++) {
        for (let spin = 0; spin < 8 * size; spin++) {
          if (spin < spins) ones += bit(first, size, i, spin);
          else demand(bit(first, size, i, spin) === 0, "A bit beyond the last spin is set.");
        }
      }
      holdToOdds("free spins", ones, 256 * spins, 0.5);
    },
  },
  {
    name: "takes a warm-up from another β",
    run: async ({ host }) => {
      await host.hello();
      await loaded(host, instance(1, { beta: 2 * fixedPointOne, fields: Int32Array.of(fixedPointOne) }));
      const ramp = { ...schedule, warmUpSteps: 100, warmUpBeta: 0, samples: 1_024 };
      const got = await drawn(host, 1, ramp);
      holdToOdds(
        "after the ramp",
        got.reduce((sum, byte) => sum + (byte & 1), 0),
        1_024,
        1 / (1 + Math.exp(-4)),
      );
    },
  },
  {
    name: "is repeatable under a seed if it is emulated, and refuses one if it is not",
    run: async ({ host }) => {
      const { emulated } = await host.hello();
      await loaded(host, instance(8));
      const seeded = { ...schedule, seed: 7n };
      if (emulated === 1) {
        const [first, second] = [await drawn(host, 8, seeded), await drawn(host, 8, seeded)];
        demand(
          first.every((byte, i) => byte === second[i]),
          "One seed gave two different runs.",
        );
        return;
      }
      const refusal = host.expect(await host.answer(await host.start(seeded)), "refuse");
      demand(refusalCodes[refusal.code] === "unsupported", "Refuse a seed as unsupported.");
    },
  },
];

/** How runs go. */
export const runCases: readonly ConformanceCase[] = [
  {
    name: "does one run at a time",
    run: async ({ host }) => {
      await host.hello({ window: 8, crediting: false });
      await loaded(host, instance(8));
      const first = await host.start({ ...schedule, samples: 65_536 });
      await host.send({ type: "sample", request: host.nextRequest(), ...schedule });
      await host.grant();
      for (;;) {
        const message = await host.next();
        if (message.type === "block" || message.type === "working") continue;
        const refusal = host.expect(message, "refuse");
        demand(refusal.request !== first && refusalCodes[refusal.code] === "busy", "Refuse a second run as busy.");
        break;
      }
      await stopped(host, first);
    },
  },
  {
    name: "stops when told, says so once, and ignores a stop that comes too late",
    run: async ({ host }) => {
      await host.hello();
      await loaded(host, instance(8));
      const request = await host.start({ ...schedule, samples: isingLimits.samples });
      await stopped(host, request);
      await host.send({ type: "stop", request });
      await host.silence(200);
      await answersAsk(host);
      demand((await drawn(host, 8, schedule)).length === 64, "A run after a stop is incomplete.");
    },
  },
  {
    name: "drops a run at a hello",
    run: async ({ host }) => {
      await host.hello();
      await loaded(host, instance(8));
      await host.start({ ...schedule, samples: isingLimits.samples });
      host.expect(await host.next(), "block");
      await host.hello();
      await host.silence(300);
      await answersAsk(host);
    },
  },
  {
    name: "answers about its health during a run",
    run: async ({ host }) => {
      await host.hello();
      await loaded(host, instance(8));
      const run = await host.start({ ...schedule, samples: isingLimits.samples });
      const ask = host.nextRequest();
      await host.send({ type: "ask", request: ask });
      for (;;) {
        const message = await host.next();
        if (message.type === "block" || message.type === "working") continue;
        const report = host.expect(message, "report");
        demand(report.request === ask, "The report answers another request.");
        demand(report.good === 1 || report.detail !== "", "A device that is not good says what is wrong.");
        break;
      }
      await stopped(host, run);
    },
  },
  {
    name: "says that it works, at least every two seconds",
    run: async ({ host }) => {
      const { spins } = await host.hello();
      await loaded(host, instance(Math.min(spins, isingLimits.spins)));
      const run = await host.start({ ...schedule, warmUpSteps: isingLimits.steps, samples: 1 });
      for (let heard = 0; heard < 2; heard++) {
        const message = await host.next(2_200, "a sign of work within 2 s");
        // A device that is done with a million steps by now need not say that it works.
        if (message.type === "block") return void host.expect(await host.next(), "done");
        host.expect(message, "working");
      }
      await stopped(host, run);
    },
  },
];

/** Stops a run and reads its end. */
async function stopped(host: ConformanceHost, request: number): Promise<void> {
  await host.send({ type: "stop", request });
  for (;;) {
    const message = await host.next();
    if (message.type === "done") return demand(message.request === request, "A done for another request.");
    demand(message.type === "block" || message.type === "working", `A ${message.type} came in a run that was stopped.`);
  }
}
