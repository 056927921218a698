/**
 * The cases of the conformance suite: each is one demand of src/protocol/hardware/README.md, tried on a device.
 * @module
 */
import {
  fixedPointOne,
  type IsingInstance,
  isingLimits,
  packedBytes,
  type SamplingSchedule,
} from "#protocol/hardware/ising.ts";
import { hardwareVersion, type RefusalCode, refusalCodes } from "#protocol/hardware/messages.ts";
import { type ConformanceHost, type Message, Nonconformity } from "./conformance-host.ts";

/** What a case is told of the device. */
export interface ConformanceSetting {
  readonly host: ConformanceHost;
  /** Two spins that the device's graph couples. */
  readonly edge: readonly [number, number];
}

/** One demand. */
export interface ConformanceCase {
  readonly name: string;
  run(setting: ConformanceSetting): Promise<void>;
}

/** Two answers further than this many standard deviations from the odds: one good device in a million fails. */
const sigmas = 5;

const schedule: SamplingSchedule = { warmUpSteps: 16, warmUpBeta: null, samples: 64, stepsPerSample: 1, seed: null };

/** Spins in no field without couplings, changed in places. */
function instance(spins: number, changes: Partial<IsingInstance> = {}): IsingInstance {
  return {
    spins,
    edges: new Uint16Array(),
    couplings: new Int32Array(),
    fields: new Int32Array(spins),
    beta: fixedPointOne,
    ...changes,
  };
}

function demand(condition: boolean, words: string): void {
  if (!condition) throw new Nonconformity(words);
}

async function loaded(host: ConformanceHost, wanted: IsingInstance): Promise<void> {
  host.expect(await host.load(wanted), "done");
}

async function drawn(host: ConformanceHost, spins: number, wanted: SamplingSchedule): Promise<Uint8Array> {
  return host.finish(await host.start(wanted), wanted.samples, packedBytes(spins));
}

function refused(
  host: ConformanceHost,
  answer: Message<"done"> | Message<"refuse">,
  codes: readonly RefusalCode[],
): void {
  const { code } = host.expect(answer, "refuse");
  const name = refusalCodes[code];
  demand(
    name !== undefined && codes.includes(name),
    `It refused with ${name ?? code}; ${codes.join(" or ")} belongs here.`,
  );
}

async function answersAsk(host: ConformanceHost): Promise<void> {
  const request = host.nextRequest();
  await host.send({ type: "ask", request });
  host.expect(await host.answer(request), "report");
}

/** After a fault: at most a `refuse` with code `sequence`, then nothing until the next hello. */
async function sessionIsOver(host: ConformanceHost): Promise<void> {
  await host.settle(100);
  while (host.waiting > 0) {
    const refusal = host.expect(await host.next(), "refuse");
    demand(refusalCodes[refusal.code] === "sequence", "It refused a broken session with another code than sequence.");
  }
  await host.bytes(host.frame({ type: "ask", request: host.nextRequest() }));
  await host.silence(300);
  await host.hello();
  await answersAsk(host);
}

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

const sessions: readonly ConformanceCase[] = [
  {
    name: "greets within a second and says what it is",
    run: async ({ host }) => {
      const welcome = await host.hello();
      demand(
        welcome.version === hardwareVersion,
        `It chose version ${welcome.version} of ${hardwareVersion} to ${hardwareVersion}.`,
      );
      demand(
        welcome.name !== "" && welcome.topology !== "" && welcome.firmware !== "",
        "Name, topology and firmware are for users: say something.",
      );
      demand(welcome.spins >= 1, "A device has at least one spin.");
    },
  },
  {
    name: "begins a new session whenever it is greeted",
    run: async ({ host }) => {
      for (let i = 0; i < 3; i++) {
        await host.hello();
        await answersAsk(host);
      }
    },
  },
  {
    name: "answers a version it does not know with its own, and waits",
    run: async ({ host }) => {
      const welcome = await host.hello({ version: 65_535 });
      demand(welcome.version !== 65_535, "It claims to speak a version that does not exist.");
      await host.bytes(host.frame({ type: "ask", request: host.nextRequest() }));
      await host.silence(300);
      await host.hello();
      await answersAsk(host);
    },
  },
  {
    name: "finds a hello after any garbage",
    run: async ({ host }) => {
      let word = 1;
      const noise = Uint8Array.from({ length: 5_000 }, () => {
        word = (Math.imul(word, 1_664_525) + 1_013_904_223) | 0;
        return word >>> 24;
      });
      for (const garbage of [noise, noise.map((byte) => byte | 1), new Uint8Array(300)]) {
        await host.bytes(garbage);
        await host.hello();
        await answersAsk(host);
      }
    },
  },
  {
    name: "ends the session at a damaged frame",
    run: async ({ host }) => {
      await host.hello();
      const frame = host.frame({ type: "ask", request: host.nextRequest() });
      frame[3] = frame[3] === 0x55 ? 0x56 : 0x55;
      await host.bytes(frame);
      await sessionIsOver(host);
    },
  },
  {
    name: "ends the session at a missing frame",
    run: async ({ host }) => {
      await host.hello();
      host.frame({ type: "ask", request: host.nextRequest() });
      await host.bytes(host.frame({ type: "ask", request: host.nextRequest() }));
      await sessionIsOver(host);
    },
  },
  {
    name: "grants credit as it uses frames up",
    run: async ({ host }) => {
      await host.hello();
      for (let i = 0; i < 100; i++) await answersAsk(host);
    },
  },
  {
    name: "keeps to the credit it is granted, and goes on where it stopped",
    run: async ({ host }) => {
      await host.hello({ window: 2, crediting: false });
      await loaded(host, instance(8));
      const request = await host.start({ ...schedule, samples: 8_192 });
      await host.settle(500);
      demand(host.waiting <= 1, "It sent more than the two frames it had credit for.");
      await host.grant();
      await host.finish(request, 8_192, 1);
    },
  },
];

const programs: readonly ConformanceCase[] = [
  {
    name: "refuses instances that make no sense, and takes a good one after each",
    run: async ({ host, edge: [a, b] }) => {
      const { spins } = await host.hello();
      const size = Math.max(a, b) + 1;
      const one = (edges: number[], couplings: number[]) =>
        instance(size, { edges: Uint16Array.from(edges), couplings: Int32Array.from(couplings) });
      const senseless: IsingInstance[] = [one([a, a], [1]), one([a, size], [1]), one([a, b, b, a], [1, 1])];
      for (const bad of senseless) {
        refused(host, await host.load(bad), ["invalid", "unsupported"]);
        await loaded(host, instance(size));
      }
      refused(host, await host.load(instance(size), 12_345), ["invalid"]);
      if (spins < isingLimits.spins) refused(host, await host.load(instance(spins + 1)), ["overflow"]);
      await loaded(host, instance(size));
    },
  },
  {
    name: "does not sample before it is programmed, nor after a new hello",
    run: async ({ host }) => {
      for (let i = 0; i < 2; i++) {
        await host.hello();
        const request = await host.start(schedule);
        host.expect(await host.answer(request), "refuse");
        await loaded(host, instance(1));
      }
    },
  },
];

const physics: readonly ConformanceCase[] = [
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

const runs: readonly ConformanceCase[] = [
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

/** All cases, in an order in which each stands on those before it. */
export const conformanceCases: readonly ConformanceCase[] = [...sessions, ...programs, ...physics, ...runs];
