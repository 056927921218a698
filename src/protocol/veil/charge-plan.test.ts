import { describe, expect, it } from "vitest";
import { BranchingPrograms, branchingModule } from "#testing/veil/branching-programs.ts";
import { generous, meteringSettings, type RunLimits, startMetered } from "#testing/veil/metered-run.ts";
import { hostFunction, type Instruction, ReferenceMachine, type ReferenceRun } from "#testing/veil/reference-fuel.ts";
import { costTable } from "./costs.ts";
import { meterModule } from "./meter.ts";
import { op } from "./opcodes.ts";

/** Pages, data and elements of the module, before anything runs. */
const startFuel = costTable.bulk + costTable.page;
const empty = 0x40;

type Program = readonly (readonly Instruction[])[];

function measured(program: Program, limits: RunLimits): ReferenceRun {
  const seen: number[] = [];
  const see = (): void => {
    seen.push(Number(run.fuelUsed));
  };
  const run = startMetered(branchingModule(program), limits, { env: { see } });
  const { verdict } = run.call("f0");
  if (verdict === "out-of-stack" || verdict === "node-fault") throw new Error(verdict);
  return { verdict, fuelUsed: Number(run.fuelUsed), seen };
}

/** A run in every setting against the reference, with so much fuel. */
function compare(program: Program, fuel: number, what: string): ReferenceRun {
  const expected = new ReferenceMachine(program, fuel, startFuel).run();
  for (const [mode, counters] of meteringSettings) {
    const found = measured(program, { ...generous, mode, counters, fuel, sliceFuel: 61 });
    // What is left after a trap is not defined.
    const fuelUsed = expected.verdict === "trapped" ? found.fuelUsed : expected.fuelUsed;
    expect(found, `${what}, ${mode}, ${counters}, fuel ${fuel}`).toEqual({ ...expected, fuelUsed });
  }
  return expected;
}

it("takes what the basic blocks cost, seen from wherever fuel is seen, and ends at the same unit", () => {
  let seen = 0;
  let ended = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const program = new BranchingPrograms(seed).functions();
    const free = compare(program, generous.fuel, `seed ${seed}`);
    seen += free.seen.length;
    const { fuelUsed } = free;
    for (const fuel of [fuelUsed, fuelUsed - 1, startFuel + Math.floor((fuelUsed - startFuel) / 3)]) {
      ended += Number(compare(program, fuel, `seed ${seed}`).verdict === "out-of-fuel");
    }
  }
  expect(seen).toBeGreaterThan(250);
  expect(ended).toBeGreaterThan(600);
});

const again: Instruction[] = [
  [op.localGet, 1],
  [op.i32Const, 1],
  [op.i32Add],
  [op.localTee, 1],
  [op.i32Const, 40],
  [0x48],
];

const depth = 500;
const repeated = (count: number, ...code: readonly Instruction[]): Instruction[] =>
  Array.from({ length: count }, () => code).flat();

/** Programs made to get away without paying, or to be charged for what they do not do. */
const hostile: readonly (readonly [string, Program])[] = [
  ["a loop of nothing but its branch", [[[op.loop, empty], [op.branch, 0], [op.end]]]],
  ["a loop that nobody repeats", [[[op.loop, empty], [op.end], [op.call, hostFunction]]]],
  [
    "an endless loop whose arms pay for what follows",
    [
      [
        [op.loop, empty],
        ...again,
        [op.if, empty],
        [op.nop],
        [op.else],
        [op.i32Const, 1],
        [op.drop],
        [op.end],
        [op.nop],
        [op.branch, 0],
        [op.end],
      ],
    ],
  ],
  [
    "two loops that hand over to each other for ever",
    [[[op.loop, empty], [op.loop, empty], ...again, [op.branchIf, 0], [op.branch, 1], [op.end], [op.end]]],
  ],
  [
    "an endless web of tables",
    [
      [
        [op.loop, empty],
        [op.block, empty],
        [op.block, empty],
        [op.block, empty],
        ...again.slice(0, 4),
        [op.branchTable, 0, 1, 2, 3, 0, 3],
        [op.end],
        [op.i32Const, 1],
        [op.branchTable, 0, 2, 1],
        [op.end],
        [op.branch, 1],
        [op.end],
        [op.branch, 0],
        [op.end],
      ],
    ],
  ],
  [
    "a loop left by a trap",
    [[[op.loop, empty], [op.call, hostFunction], ...again, [op.branchIf, 0], [op.unreachable], [op.end]]],
  ],
  [
    "a loop left by a return within arms",
    [
      [
        [op.loop, empty],
        ...again,
        [op.if, empty],
        [op.branch, 1],
        [op.else],
        [op.call, hostFunction],
        [op.return],
        [op.end],
        [op.branch, 0],
        [op.end],
      ],
    ],
  ],
  [
    "exits that cost less than what they leave",
    [
      [
        [op.block, empty],
        ...again,
        [op.branchIf, 0],
        ...repeated(50, [op.i32Const, 1], [op.drop]),
        [op.return],
        [op.end],
        [op.call, hostFunction],
      ],
    ],
  ],
  [
    "code that cannot run, with loops and calls in it",
    [
      [
        [op.block, empty],
        [op.branch, 0],
        [op.loop, empty],
        [op.call, hostFunction],
        [op.branch, 0],
        [op.end],
        [op.end],
        [op.call, hostFunction],
      ],
    ],
  ],
  [
    "loops in loops in loops",
    [
      [
        ...repeated(depth, [op.loop, empty]),
        ...again,
        [op.branchIf, 0],
        ...again,
        [op.branchIf, depth - 1],
        ...repeated(depth, [op.end]),
      ],
    ],
  ],
  [
    "arms in arms in arms",
    [[...repeated(depth, ...again, [op.if, empty]), ...repeated(depth, [op.end], [op.nop]), [op.call, hostFunction]]],
  ],
  [
    "a far exit from deep within",
    [
      [
        ...repeated(depth, [op.block, empty], ...again, [op.branchIf, 0]),
        [op.branch, depth - 1],
        ...repeated(depth, [op.end], [op.nop]),
        [op.call, hostFunction],
      ],
    ],
  ],
];

describe("is exact on", () => {
  it.each(hostile)("%s", (what, program) => {
    const endless = compare(program, 60_000, what);
    expect(endless.fuelUsed - startFuel).toBeGreaterThan(0);
    for (const fuel of [endless.fuelUsed, endless.fuelUsed - 1, startFuel + 20]) compare(program, fuel, what);
  });
});

it("charges a turn of a loop once: two subtractions, one before it and one in it", () => {
  const loop: Instruction[] = [
    [op.loop, empty],
    ...again,
    [op.if, empty],
    [op.nop],
    [op.branch, 1],
    [op.end],
    [op.end],
  ];
  const subtractionsOf = (code: readonly Instruction[]): number => {
    const metered = meterModule(branchingModule([code]), { ...generous, mode: "trap" });
    if (!metered.ok) throw new Error(metered.message);
    // i64.const of one byte, then i64.sub: only the meter has them here.
    return [...metered.value.bytes].filter((byte, i, all) => byte === op.i64Subtract && all[i - 2] === op.i64Const)
      .length;
  };
  const nothing = subtractionsOf([[op.nop]]);
  expect(subtractionsOf(loop) - nothing).toBe(2);
});
