import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainKernelsBase64 } from "#testing/bench/metered-kernels.generated.ts";
import { readCoreSuite } from "#testing/veil/core-suite.ts";
import { readGeneratedSet } from "#testing/veil/generated-set.ts";
import { generous, meteringSettings } from "#testing/veil/metered-run.ts";
import { moduleLimits } from "./limits.ts";
import { checkModule, meterModule } from "./meter.ts";

/** `VEIL_MUTATIONS=100000 npx vitest run src/protocol/veil/mutations.test.ts` tries more. */
const runs = Number(process.env["VEIL_MUTATIONS"] ?? 4_000);

/** What is altered: modules of the core suite, generated ones, what a compiler makes. Smaller ones are hit better. */
const suite = readCoreSuite();
const originals: readonly Uint8Array[] = [
  ...suite.files.flatMap(({ commands }) =>
    commands.flatMap((command) => (command[0] === "instance" ? [suite.bytes(command[2])] : [])),
  ),
  ...readGeneratedSet().modules.map(({ bytes }) => bytes),
  new Uint8Array(Buffer.from(plainKernelsBase64, "base64")),
].filter((bytes) => bytes.length < 4_096);

const valid = (bytes: Uint8Array): boolean => WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>);

/** One change at a place: a bit, a byte, a byte more, some fewer, some twice. */
interface Change {
  readonly place: number;
  readonly kind: number;
  readonly value: number;
}

function changed(bytes: Uint8Array, { place, kind, value }: Change): Uint8Array {
  const at = 8 + Math.floor(place * Math.max(0, bytes.length - 8));
  const before = bytes.subarray(0, at);
  const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
  if (kind === 0) return join(before, Uint8Array.of((bytes[at] ?? 0) ^ (1 << (value & 7))), bytes.subarray(at + 1));
  if (kind === 1) return join(before, Uint8Array.of(value), bytes.subarray(at + 1));
  if (kind === 2) return join(before, Uint8Array.of(value), bytes.subarray(at));
  if (kind === 3) return join(before, bytes.subarray(at + 1 + (value & 3)));
  return join(before, bytes.subarray(at, at + (value & 15)), bytes.subarray(at));
}

const change = fc.record({
  place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  kind: fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 4),
  value: fc.integer({ min: 0, max: 255 }),
});

describe("altered modules", () => {
  it("are refused unless the engine takes them, and what is taken is valid in every metered form", () => {
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.nat({ max: originals.length - 1 }),
        fc.array(change, { minLength: 1, maxLength: 2 }),
        (index, changes) => {
          const bytes = changes.reduce(changed, originals[index] ?? new Uint8Array());
          const checked = checkModule(bytes);
          if (!checked.ok) return;
          accepted++;
          expect(valid(bytes)).toBe(true);
          for (const [mode, counters] of meteringSettings) {
            const metered = meterModule(bytes, { ...generous, mode, counters, memoryPages: moduleLimits.memoryPages });
            expect(metered.ok && valid(metered.value.bytes)).toBe(true);
          }
        },
      ),
      { numRuns: runs },
    );
    // Some 2.3 in 100 leave a module that is taken: with fewer than 1 in 100 (five deviations off) hardly anything was compared.
    expect(accepted).toBeGreaterThan(runs / 100);
  });

  it("that engines take are refused for what is named on the white list or in the limits, and nothing else", () => {
    const reasons = new Map<string, number>();
    fc.assert(
      fc.property(fc.nat({ max: originals.length - 1 }), change, (index, one) => {
        const bytes = changed(originals[index] ?? new Uint8Array(), one);
        if (!valid(bytes)) return;
        const checked = checkModule(bytes);
        if (!checked.ok) reasons.set(checked.code, (reasons.get(checked.code) ?? 0) + 1);
      }),
      { numRuns: runs },
    );
    for (const code of reasons.keys()) expect(["unsupported-feature", "too-many", "too-large"]).toContain(code);
  });
});
