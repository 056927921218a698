import { describe, expect, it } from "vitest";
import { generous, MeteredRun, meteringSettings, type RunLimits, startMetered } from "#testing/veil/metered-run.ts";
import { body, functionType, name, signed, smallModule, unsigned } from "#testing/veil/module-builder.ts";
import { costTable, frameCosts } from "./costs.ts";
import { moduleLimits } from "./limits.ts";
import { meterModule } from "./meter.ts";
import { extended, op } from "./opcodes.ts";
import { valueType } from "./types.ts";

const { i32, i64, f32, f64, funcref } = valueType;
const nothing = functionType([], []);

/** One function of one type. */
const single = (type: Uint8Array, code: Uint8Array, memory?: readonly [number, number?]): Uint8Array =>
  smallModule({ types: [type], functions: [0], bodies: [code], ...(memory === undefined ? {} : { memory }) });

const constant = (value: number) => [op.i32Const, signed(value)];
const forever = [op.loop, 0x40, op.branch, 0, op.end];

type Limited = (limits: Partial<RunLimits>) => RunLimits;

const limitsOf =
  (mode: RunLimits["mode"], counters: RunLimits["counters"]): Limited =>
  (limits) => ({ ...generous, mode, counters, sliceFuel: 997, ...limits });

describe.each(meteringSettings)("fuel and stack in the mode %s with counters %s", (mode, counters) => {
  const limited = limitsOf(mode, counters);

  it("an infinite loop ends when its fuel does, at the same unit", () => {
    const run = startMetered(single(nothing, body([], forever)), limited({ fuel: 1_000_000 }));
    expect(run.call("f0").verdict).toBe("out-of-fuel");
    expect(run.fuelUsed).toBe(1_000_001n);
  });

  it("fuel that is just enough is enough, and one unit less is not", () => {
    // sum of 1 to n by a loop
    const code = body(
      [[1, i32]],
      [op.loop, 0x40, op.localGet, 0, op.localGet, 1, op.i32Add, op.localSet, 1],
      [op.localGet, 0, constant(-1), op.i32Add, op.localTee, 0, op.branchIf, 0, op.end, op.localGet, 1],
    );
    const bytes = single(functionType([i32], [i32]), code);
    const free = startMetered(bytes, limited({}));
    expect(free.call("f0", 1_000)).toMatchObject({ verdict: "returned", value: 500_500 });
    const fuel = Number(free.fuelUsed);
    expect(startMetered(bytes, limited({ fuel })).call("f0", 1_000)).toMatchObject({
      verdict: "returned",
      value: 500_500,
    });
    expect(startMetered(bytes, limited({ fuel: fuel - 1 })).call("f0", 1_000).verdict).toBe("out-of-fuel");
    expect(fuel).toBe(costTable.bulk + costTable.entry + 1_000 * 9 + 1);
  });

  it("infinite recursion ends with our stack, before the engine's, and at the same depth", () => {
    const bytes = single(nothing, body([], op.call, 0));
    const run = startMetered(bytes, limited({}));
    expect(run.call("f0").verdict).toBe("out-of-stack");
    const depth = Math.floor(32_768 / frameCosts.fixed) + 1;
    expect(run.fuelUsed).toBe(BigInt(costTable.bulk + depth * (costTable.entry + costTable.call)));
  });

  it("recursion through a table, and between two functions with many locals, ends too", () => {
    const indirect = smallModule({
      types: [nothing],
      functions: [0],
      bodies: [body([], constant(0), op.callIndirect, 0, 0)],
      tables: [[funcref, 0, 1]],
      elements: [[0, op.i32Const, 0, op.end, 1, 0]],
    });
    expect(startMetered(indirect, limited({})).call("f0").verdict).toBe("out-of-stack");
    const mutual = smallModule({
      types: [nothing],
      functions: [0, 0],
      bodies: [body([[5_000, i64]], op.call, 1), body([[5_000, f64]], op.call, 0)],
    });
    expect(startMetered(mutual, limited({})).call("f1").verdict).toBe("out-of-stack");
    const alone = single(nothing, body([[40_000, i64]]));
    expect(startMetered(alone, limited({})).call("f0").verdict).toBe("out-of-stack");
  });

  it("a call that returns gives its stack back, by every way out", () => {
    const bytes = smallModule({
      types: [nothing, functionType([i32], [i32])],
      functions: [0, 1],
      bodies: [
        body([]),
        body(
          [],
          [op.call, 0, op.localGet, 0, op.if, 0x40, op.localGet, 0, op.return, op.end],
          [op.block, 0x40, op.localGet, 0, op.localGet, 0, op.branchTable, 0, 1, op.end, op.localGet, 0],
        ),
      ],
    });
    const run = startMetered(bytes, limited({}));
    for (const value of [0, 1]) {
      expect(run.call("f1", value)).toMatchObject({ verdict: "returned", value });
      expect(run.stackUsed).toBe(0n);
    }
  });
});

describe.each(meteringSettings)(
  "memory, bulk work and host calls in the mode %s with counters %s",
  (mode, counters) => {
    const limited = limitsOf(mode, counters);

    it("memory grows to the cap and no further, and a storm of growth pays", () => {
      const grow = single(functionType([i32], [i32]), body([], op.localGet, 0, op.memoryGrow, 0), [1]);
      const run = startMetered(grow, limited({ memoryPages: 3 }));
      expect(run.call("f0", 1).value).toBe(1);
      expect(run.call("f0", 2).value).toBe(-1);
      expect(run.call("f0", -1).value).toBe(-1);
      expect(run.call("f0", 1).value).toBe(2);
      expect(run.call("f0", 0).value).toBe(3);
      expect(run.memory?.buffer.byteLength).toBe(3 * 65_536);
      const storm = single(
        nothing,
        body([], op.loop, 0x40, constant(1), op.memoryGrow, 0, op.drop, op.branch, 0, op.end),
        [0],
      );
      const stormy = startMetered(storm, limited({ memoryPages: 16, fuel: 1_000_000 }));
      expect(stormy.call("f0").verdict).toBe("out-of-fuel");
      expect(stormy.memory?.buffer.byteLength).toBe(16 * 65_536);
      const declared = startMetered(
        single(functionType([i32], [i32]), body([], op.localGet, 0, op.memoryGrow, 0), [1, 2]),
        limited({}),
      );
      expect([declared.call("f0", 2).value, declared.call("f0", 1).value]).toEqual([-1, 1]);
    });

    it("a refusal by the engine below the cap is a node fault", () => {
      const metered = meterModule(
        smallModule({
          types: [functionType([i32], [i32])],
          imports: [[name("env"), name("memory"), 2, 0, 1]],
          functions: [0],
          bodies: [body([], op.localGet, 0, op.memoryGrow, 0)],
        }),
        limited({ memoryPages: 100 }),
      );
      if (!metered.ok) throw new Error(metered.message);
      // The host breaks its word: this memory ends before the cap.
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
      const run = new MeteredRun(metered.value, limited({ memoryPages: 100 }), { env: { memory } });
      expect(run.call("f0", 1)).toMatchObject({ verdict: "returned", value: 1 });
      expect(run.call("f0", 1).verdict).toBe("node-fault");
    });

    it("bulk instructions pay by length before they act, and no length wraps", () => {
      const fill = [constant(0), constant(7), op.localGet, 0, op.prefix, extended.memoryFill, 0];
      const bytes = single(functionType([i32], []), body([], fill), [1]);
      const run = startMetered(bytes, limited({}));
      const start = run.fuelUsed;
      expect(run.call("f0", 65_536).verdict).toBe("returned");
      expect(run.fuelUsed - start).toBe(BigInt(65_536 / costTable.bytesPerUnit + costTable.bulk + 3 + costTable.entry));
      // 4 GiB - 1 is half a billion units, not a negative price.
      const poor = startMetered(bytes, limited({ fuel: 100_000 }));
      expect(poor.call("f0", -1).verdict).toBe("out-of-fuel");
      expect(startMetered(bytes, limited({})).call("f0", -1).verdict).toBe("trapped");
      const storm = single(
        nothing,
        body(
          [],
          Array.from({ length: 5_000 }, () => [
            constant(0),
            constant(0),
            constant(65_536),
            op.prefix,
            extended.memoryCopy,
            0,
            0,
          ]),
        ),
        [1],
      );
      const stormy = startMetered(storm, limited({ fuel: 1_000_000 }));
      expect(stormy.call("f0").verdict).toBe("out-of-fuel");
      // Tested at each: the price of 5 000 in advance and the one that was too much.
      expect(stormy.fuelUsed).toBeLessThan(1_000_000n + 5_000n * 20n + 9_000n);
    });

    it("fills and copies of tables pay by element", () => {
      const bytes = smallModule({
        types: [functionType([i32], [])],
        functions: [0, 0],
        tables: [[funcref, 0, unsigned(1_000)]],
        bodies: [
          body([], constant(0), op.refNull, funcref, op.localGet, 0, op.prefix, extended.tableFill, 0),
          body([], constant(0), constant(0), op.localGet, 0, op.prefix, extended.tableCopy, 0, 0),
        ],
      });
      const run = startMetered(bytes, limited({}));
      for (const name of ["f0", "f1"]) {
        const before = run.fuelUsed;
        expect(run.call(name, 1_000).verdict).toBe("returned");
        expect(run.fuelUsed - before).toBe(BigInt(1_000 + costTable.bulk + 3 + costTable.entry));
        expect(run.call(name, 1_001).verdict).toBe("trapped");
      }
    });

    it("host calls have their price, also through a table", () => {
      const bytes = smallModule({
        types: [nothing],
        imports: [[name("env"), name("ping"), 0, 0]],
        importedFunctions: 1,
        functions: [0, 0],
        tables: [[funcref, 0, 1]],
        elements: [[0, op.i32Const, 0, op.end, 1, 0]],
        bodies: [body([], op.call, 0), body([], constant(0), op.callIndirect, 0, 0)],
      });
      let pings = 0;
      const run = startMetered(bytes, limited({}), { env: { ping: () => pings++ } });
      const before = run.fuelUsed;
      run.call("f0");
      expect(run.fuelUsed - before).toBe(BigInt(costTable.hostCall + costTable.entry));
      run.call("f1");
      expect(run.fuelUsed - before).toBe(BigInt(2 * (costTable.hostCall + costTable.entry) + 1));
      expect(pings).toBe(2);
    });

    it("zeroing locals is paid for at every call", () => {
      const run = startMetered(single(nothing, body([[8_000, f64]])), limited({}));
      const before = run.fuelUsed;
      run.call("f0");
      expect(run.fuelUsed - before).toBe(BigInt(costTable.entry + 8_000 / costTable.localsPerUnit));
    });

    it("a trap of the guest's own is a trap, whatever fuel is left", () => {
      const bytes = single(nothing, body([], op.unreachable));
      expect(startMetered(bytes, limited({})).call("f0").verdict).toBe("trapped");
      const division = single(functionType([i32], [i32]), body([], constant(1), op.localGet, 0, 0x6d));
      expect(startMetered(division, limited({})).call("f0", 0).verdict).toBe("trapped");
    });
  },
);

describe("NaNs", () => {
  const bits = (code: readonly (number | Uint8Array | readonly number[])[], type: number): bigint => {
    const [reinterpret, result] = type === f32 ? [0xbc, i32] : [0xbd, i64];
    const bytes = single(functionType([type], [result]), body([[2, type]], ...code, reinterpret));
    const { value } = startMetered(bytes).call("f0", 0);
    return type === f32 ? BigInt(Number(value) >>> 0) : BigInt.asUintN(64, value as bigint);
  };
  const canonical32 = 0x7fc00000n;
  const canonical64 = 0x7ff8000000000000n;
  const zeroByZero32 = [op.localGet, 0, op.localGet, 0, 0x95];
  const zeroByZero64 = [op.localGet, 0, op.localGet, 0, 0xa3];

  it("have one form where they are seen, straight or through locals, blocks and select", () => {
    expect(bits([zeroByZero32], f32)).toBe(canonical32);
    expect(bits([zeroByZero64], f64)).toBe(canonical64);
    expect(bits([zeroByZero64, op.localSet, 1, op.localGet, 1, op.localSet, 2, op.localGet, 2], f64)).toBe(canonical64);
    expect(bits([zeroByZero64, op.localTee, 1], f64)).toBe(canonical64);
    expect(bits([op.block, f32, zeroByZero32, op.end], f32)).toBe(canonical32);
    expect(bits([zeroByZero64, op.localGet, 0, op.i32Const, 1, op.select], f64)).toBe(canonical64);
    // The sign of a NaN is a bit like any other: negation sees the canonical one.
    expect(bits([zeroByZero32, 0x8c], f32)).toBe(0xffc00000n);
  });

  it("keep the bits a program gave them", () => {
    const signalling = [op.f64Const, 1, 2, 3, 4, 5, 6, 0xf7, 0xff];
    expect(bits([signalling], f64)).toBe(0xfff7060504030201n);
  });

  it("cost nothing where nobody sees them", () => {
    const compared = single(functionType([f64], [i32]), body([], zeroByZero64, zeroByZero64, 0x61));
    const stored = single(functionType([f64], [i64]), body([], zeroByZero64, 0xbd));
    const sizeOf = (bytes: Uint8Array): number => {
      const metered = meterModule(bytes, generous);
      if (!metered.ok) throw new Error(metered.message);
      return metered.value.bytes.length - bytes.length;
    };
    expect(sizeOf(stored) - sizeOf(compared)).toBeGreaterThan(15);
  });

  /** A sum of zeros by zeros: 40 turns of a loop add to local 1, which begins with `first`; then its bits are given. */
  const summed = (first: readonly (number | Uint8Array)[]): Uint8Array =>
    single(
      functionType([f64], [i64]),
      body(
        [
          [1, f64],
          [1, i32],
        ],
        [...first, op.localSet, 1],
        [op.loop, 0x40, op.localGet, 1, zeroByZero64, 0xa0, op.localSet, 1],
        [op.localGet, 2, op.i32Const, 1, op.i32Add, op.localTee, 2, op.i32Const, 40, 0x48, op.branchIf, 0, op.end],
        [op.localGet, 1, 0xbd],
      ),
      [1],
    );
  const nothingAtFirst = [op.f64Const, new Uint8Array(8)];

  it("of a local that a loop puts there are made canonical behind the loop", () => {
    expect(startMetered(summed(nothingAtFirst)).call("f0", 0).value).toBe(BigInt(canonical64));
    const metered = meterModule(summed(nothingAtFirst), generous);
    if (!metered.ok) throw new Error(metered.message);
    const bytes = Buffer.from(metered.value.bytes);
    const nan = Buffer.from([op.f64Const, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
    expect(bytes.indexOf(nan)).toBeGreaterThan(bytes.indexOf(Buffer.from([op.branchIf, 0, op.end])));
    expect(bytes.indexOf(nan)).toBe(bytes.lastIndexOf(nan));
  });

  it("keep a program's own bits in a local that a loop may change and does not", () => {
    const signalling = [op.f64Const, 1, 2, 3, 4, 5, 6, 0xf7, 0xff];
    // A way past the loop: the local holds what was put there first.
    const bytes = single(
      functionType([f64], [i64]),
      body(
        [[1, f64]],
        [...signalling, op.localSet, 1, op.block, 0x40, op.i32Const, 1, op.branchIf, 0],
        [op.loop, 0x40, zeroByZero64, op.localSet, 1, op.i32Const, 0, op.branchIf, 0, op.end, op.end],
        [op.localGet, 1, 0xbd],
      ),
    );
    expect(BigInt.asUintN(64, startMetered(bytes).call("f0", 0).value as bigint)).toBe(0xfff7060504030201n);
  });

  it("from the host are made canonical on arrival", () => {
    const bytes = smallModule({
      types: [functionType([], [f64]), functionType([], [i64])],
      imports: [[name("env"), name("nan"), 0, 0]],
      importedFunctions: 1,
      functions: [1],
      bodies: [body([], op.call, 0, 0xbd)],
    });
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, 0xfff8000000000001n);
    const run = startMetered(bytes, generous, { env: { nan: () => view.getFloat64(0) } });
    expect(BigInt.asUintN(64, run.call("f0").value as bigint)).toBe(canonical64);
  });
});

describe("the meter's own globals", () => {
  it("cannot be imported by a guest", () => {
    const bytes = smallModule({
      types: [nothing],
      imports: [[name("veil"), name("fuel"), 3, i64, 1]],
      functions: [0],
      bodies: [body([])],
    });
    expect(meterModule(bytes, generous)).toMatchObject({ ok: false, code: "reserved-name" });
  });

  it("are beyond the guest's indices: its own keep their meaning", () => {
    const bytes = smallModule({
      types: [functionType([], [i32])],
      functions: [0],
      globals: [[i32, 1, op.i32Const, 5, op.end]],
      bodies: [body([], op.globalGet, 0, constant(1), op.i32Add, op.globalSet, 0, op.globalGet, 0)],
    });
    const run = startMetered(bytes);
    expect([run.call("f0").value, run.call("f0").value]).toEqual([6, 7]);
  });

  it("leave the bytes that were given as they were, whatever kind of array they are in", () => {
    const bytes = single(nothing, body([[3, i32]], op.localGet, 2, op.localSet, 1));
    for (const given of [bytes.slice(), Buffer.from(bytes)]) {
      for (let i = 0; i < 2; i++) expect(meterModule(given, generous).ok).toBe(true);
      expect([...given]).toEqual([...bytes]);
    }
  });

  it("caps are checked before anything else", () => {
    const bytes = single(nothing, body([]), [5]);
    expect(meterModule(bytes, { ...generous, memoryPages: 4 })).toMatchObject({ ok: false, code: "out-of-memory" });
    for (const memoryPages of [-1, 0.5, moduleLimits.memoryPages + 1, Number.NaN]) {
      expect(meterModule(bytes, { ...generous, memoryPages })).toMatchObject({ ok: false, code: "invalid-argument" });
    }
  });
});
