/**
 * What metering costs: five kernels metered against plain and against `wasm-metering`, and how fast modules are metered.
 * @module
 */
import { plainKernelsBase64, rivalKernelsBase64 } from "./metered-kernels.generated.ts";
import type { BenchPlatform } from "./platform.ts";
import { type Goal, type MeasuredRow, medianOfRounds, medianRates } from "./row.ts";

type Kernel = (size: number) => number;

interface Measured {
  readonly name: string;
  readonly size: number;
  readonly what: string;
  readonly goal: Goal;
}

const loops: Goal = { of: "ratio", atMost: 1.15 };
const recursion: Goal = { of: "ratio", atMost: 2 };

/** Kernels by export, and how much they are given: some tens of milliseconds each. */
const kernels: readonly Measured[] = [
  { name: "fibonacci", size: 30, what: "recursion", goal: recursion },
  { name: "sieve", size: 2_000_000, what: "sieve", goal: loops },
  { name: "multiply", size: 200, what: "matrices", goal: loops },
  { name: "sort", size: 200_000, what: "sorting in memory", goal: loops },
  { name: "interpret", size: 1_000_000, what: "an interpreter", goal: loops },
];

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

async function measureKernel(
  { name, size, what, goal }: Measured,
  contenders: Readonly<Record<"metered" | "plain" | "rival", Readonly<Record<string, Kernel>>>>,
): Promise<MeasuredRow[]> {
  const run = (kernel: Kernel | undefined, argument: number) => (): number => {
    results.add(kernel?.(argument) ?? Number.NaN);
    return 1;
  };
  const results = new Set<number>();
  const { metered, plain, rival } = contenders;
  // Engines compile a function well after a while, in the background, and a call that runs keeps the code it began with.
  const warm = [run(metered[name], size), run(plain[name], size)];
  for (const startedMs = performance.now(); performance.now() - startedMs < warmUpMs; ) {
    for (const turn of warm) turn();
    await new Promise((resolve) => setTimeout(resolve));
  }
  const rates = await medianRates({ metered: run(metered[name], size), plain: run(plain[name], size) });
  // The rival asks its host at every basic block: it is given less to do, and the comparison is by time per unit of it.
  const small = name === "fibonacci" ? size - 8 : Math.ceil(size / 10);
  const few = await medianRates({ metered: run(metered[name], small), rival: run(rival[name], small) });
  if (results.size !== 2) throw new Error(`${name} gave ${[...results]}`);
  const row = { unit: "ms", method: `${name}(${size}), mode call, own counters; ${medianOfRounds}` };
  const values = { value: 1_000 / rates.metered, rival: { name: "plain", value: 1_000 / rates.plain } };
  const against = { value: 1_000 / few.metered, rival: { name: "wasm-metering", value: 1_000 / few.rival } };
  return [
    { ...row, name: `metered ${what}`, ...values, ratio: rates.plain / rates.metered, goals: [goal] },
    {
      ...row,
      name: `metered ${what}, less of it`,
      ...against,
      ratio: few.rival / few.metered,
      goals: [{ of: "ratio", atMost: 1 }],
      method: `${name}(${small}), a host that only counts; ${medianOfRounds}`,
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
