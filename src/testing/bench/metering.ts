/**
 * What metering costs: six kernels metered against plain and against `wasm-metering`, and how fast modules are metered.
 * @module
 */
import { plainKernelsBase64, rivalKernelsBase64 } from "./metered-kernels.generated.ts";
import type { BenchPlatform } from "./platform.ts";
import { type Goal, type MeasuredRow, median, medianOfRounds, medianRates } from "./row.ts";

type Kernel = (size: number) => number;

interface Measured {
  readonly name: string;
  readonly size: number;
  /** What the rival is given, which asks its host at every basic block; the comparison is by time for the same work. */
  readonly small: number;
  readonly what: string;
  readonly goal: Goal;
  readonly note?: string;
}

const loops: Goal = { of: "ratio", atMost: 1.15 };
const recursion: Goal = { of: "ratio", atMost: 2 };

/** Kernels by export, and how much they are given: some tens of milliseconds each. */
const kernels: readonly Measured[] = [
  {
    name: "fibonacci",
    size: 30,
    small: 22,
    what: "recursion",
    goal: recursion,
    // Seen with --trace-wasm-inlining; with --no-wasm-inlining the metered form takes 1.0 to 1.2 times as long.
    note: "V8 inlines the metered form into itself and not the plain one, whose 28 bytes are too few for its budget",
  },
  { name: "queens", size: 12, small: 8, what: "recursion around a loop", goal: recursion },
  { name: "sieve", size: 2_000_000, small: 200_000, what: "sieve", goal: loops },
  { name: "multiply", size: 200, small: 20, what: "matrices", goal: loops },
  { name: "sort", size: 200_000, small: 20_000, what: "sorting in memory", goal: loops },
  { name: "interpret", size: 1_000_000, small: 100_000, what: "an interpreter", goal: loops },
];

/** How often the little that the rival is given is done for one time. */
const repeats = 10;

/** Rounds of a kernel: the machine's other work hits single ones, and the ratio is the median of theirs. */
const rounds = 31;

/** Until both contenders of a row are compiled as well as they will be, on a busy machine too. */
const warmUpMs = 2_000;

const plenty = 1n << 60n;

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

function kernelsOf(bytes: Uint8Array, imports: WebAssembly.Imports): Readonly<Record<string, Kernel>> {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module, imports);
  for (const counter of ["veil:fuel", "veil:depth"]) {
    const global = exports[counter];
    if (global instanceof WebAssembly.Global) global.value = plenty;
  }
  return exports as Readonly<Record<string, Kernel>>;
}

/** The module as the Veil's sandbox runs it: own counters, and a host that may be asked for fuel. */
function meter(meterModule: BenchPlatform["meterModule"], bytes: Uint8Array): Uint8Array {
  const result = meterModule(bytes, { mode: "call", counters: "own", memoryPages: 64 });
  if (!result.ok) throw new Error(result.message);
  return result.value.bytes;
}

/** Times of two contenders in milliseconds, medians, and the median of the rounds' ratios. They take turns at going first. */
async function paired(one: () => void, other: () => void): Promise<{ one: number; other: number; ratio: number }> {
  const timed = (work: () => void): number => {
    const startedMs = performance.now();
    work();
    return performance.now() - startedMs;
  };
  const times: (readonly [number, number])[] = [];
  for (let round = 0; round < rounds; round++) {
    const otherFirst = round % 2 === 1 ? timed(other) : undefined;
    const ms = timed(one);
    times.push([ms, otherFirst ?? timed(other)]);
    await new Promise((resolve) => setTimeout(resolve));
  }
  const column = (index: 0 | 1): number => median(times.map((pair) => pair[index]));
  return { one: column(0), other: column(1), ratio: median(times.map(([ms, otherMs]) => ms / otherMs)) };
}

async function measureKernel(
  { name, size, small, what, goal, note }: Measured,
  contenders: Readonly<Record<"metered" | "plain" | "rival", Readonly<Record<string, Kernel>>>>,
): Promise<MeasuredRow[]> {
  const results = new Set<string>();
  const run = (contender: keyof typeof contenders, argument: number) => (): void => {
    const kernel = contenders[contender][name];
    if (kernel === undefined) throw new Error(`there is no ${name}`);
    results.add(`${argument}: ${kernel(argument)}`);
  };
  // Engines compile a function well after a while, in the background, and a call that runs keeps the code it began with.
  const warm = [run("metered", size), run("plain", size)];
  for (const startedMs = performance.now(); performance.now() - startedMs < warmUpMs; ) {
    for (const turn of warm) turn();
    await new Promise((resolve) => setTimeout(resolve));
  }
  const all = await paired(run("metered", size), run("plain", size));
  // Many times: clocks of browsers are coarse.
  const often = (work: () => void) => (): void => {
    for (let i = 0; i < repeats; i++) work();
  };
  const few = await paired(often(run("metered", small)), often(run("rival", small)));
  if (results.size !== 2) throw new Error(`${name} gave ${[...results]}`);
  const method = `${rounds} rounds in turns after ${warmUpMs} ms of warm-up, medians of times and of ratios`;
  const row = { unit: "ms", method: `${name}(${size}), mode call, own counters; ${method}${note ? `; ${note}` : ""}` };
  return [
    {
      ...row,
      name: `metered ${what}`,
      value: all.one,
      rival: { name: "plain", value: all.other },
      ratio: all.ratio,
      goals: [goal],
    },
    {
      ...row,
      name: `metered ${what}, less of it`,
      value: few.one / repeats,
      rival: { name: "wasm-metering", value: few.other / repeats },
      ratio: few.ratio,
      goals: [{ of: "ratio", atMost: 1 }],
      method: `${name}(${small}), ${repeats} times, a host that only counts; ${method}`,
    },
  ];
}

/** Rows of all kernels, and of metering itself. */
export async function measureMetering(platform: BenchPlatform): Promise<readonly MeasuredRow[]> {
  const metered = (bytes: Uint8Array): Uint8Array => meter(platform.meterModule, bytes);
  const plain = fromBase64(plainKernelsBase64);
  let used = 0;
  const usegas = (units: number): void => {
    used += units;
  };
  const contenders = {
    plain: kernelsOf(plain, {}),
    metered: kernelsOf(metered(plain), { veil: { refill: () => undefined } }),
    rival: kernelsOf(fromBase64(rivalKernelsBase64), { metering: { usegas } }),
  };
  const rows: MeasuredRow[] = [];
  for (const kernel of kernels) rows.push(...(await measureKernel(kernel, contenders)));
  if (used === 0) throw new Error("the rival counted nothing");
  const bytes = await platform.largeModule();
  const rates = await medianRates({
    metered: () => metered(bytes).length && bytes.length / 1e6,
    validated: () => Number(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) && bytes.length / 1e6,
  });
  rows.push({
    name: "checking and metering a module",
    unit: "MB/s",
    value: rates.metered,
    rival: { name: "WebAssembly.validate", value: rates.validated },
    ratio: rates.metered / rates.validated,
    method: `libsecp256k1, ${bytes.length} bytes, becomes ${metered(bytes).length}; ${medianOfRounds}`,
  });
  return rows;
}
