import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { composed } from "#testing/veil/composed-component.ts";
import { capabilities } from "#veil/run.ts";
import { type PreparedComponent, runComponent } from "./component-run.ts";
import { loadGlueInNode } from "./node-glue.ts";
import { prepareComponent } from "./transpile.ts";

/** `VEIL_MUTATIONS=2000 npx vitest run src/platform/veil/component-mutation.test.ts` tries more of them. */
const runs = Number(process.env.VEIL_MUTATIONS ?? 300);

const wc = new Uint8Array(readFileSync("guests/wc/wc.wasm"));
const limits = { fuel: 3_000_000, memoryPages: 64, outputBytes: 10_000, fileBytes: 10_000, wallMs: 10_000 };
const file = { path: "a", bytes: new TextEncoder().encode("one two\n") };
const input = {
  arguments: ["wc", "a", "-"],
  environment: [],
  input: new TextEncoder().encode("three\n"),
  files: [file],
  timeMs: 0,
  seed: new Uint8Array(32),
};
const ends = ["exit", "trap", "out-of-fuel", "out-of-stack", "too-much-output"];

/** Most of a component is code; what surrounds the modules is in its first bytes and behind the largest of them. */
const placesInWc = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 2_400 }) },
  { weight: 2, arbitrary: fc.integer({ min: wc.length - 6_500, max: wc.length - 1 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: wc.length - 1 }) },
);

type Change = (bytes: Uint8Array) => Uint8Array;
const changeAt = (places: fc.Arbitrary<number>): fc.Arbitrary<Change> =>
  fc.oneof(
    fc.tuple(places, fc.integer({ min: 1, max: 255 })).map(([at, mask]) => (bytes: Uint8Array) => {
      const changed = bytes.slice();
      if (at < changed.length) changed[at] = (changed[at] as number) ^ mask;
      return changed;
    }),
    fc.tuple(places, fc.integer({ min: 1, max: 64 })).map(([at, count]) => (bytes: Uint8Array) => {
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + count)]);
    }),
    fc.tuple(places, places, fc.integer({ min: 1, max: 64 })).map(([at, from, count]) => (bytes: Uint8Array) => {
      const changed = bytes.slice();
      changed.set(
        bytes.subarray(from, from + count).subarray(0, Math.max(0, changed.length - at)),
        Math.min(at, changed.length),
      );
      return changed;
    }),
  );

test.each<[string, () => Promise<Uint8Array>]>([
  ["a toolchain's component", async () => wc],
  ["a component of components", () => composed()],
])("%s that is damaged is refused or runs to an end, and the next one is as good as ever", async (_, make) => {
  const sound = await make();
  const places = sound === wc ? placesInWc : fc.integer({ min: 0, max: sound.length - 1 });
  // Counted, because a test whose components are all refused at once would show nothing.
  const seen = { refused: 0, ran: 0 };
  const whole = await prepareComponent(sound, limits.memoryPages);
  await fc.assert(
    fc.asyncProperty(fc.array(changeAt(places), { minLength: 1, maxLength: 3 }), async (changes) => {
      const damaged = changes.reduce<Uint8Array>((bytes, apply) => apply(bytes), sound);
      const program = await prepareComponent(damaged, limits.memoryPages);
      if (!program.ok) {
        seen.refused++;
        expect(program.message).toMatch(/^[ -~–…]+$/);
        return;
      }
      const result = runComponent(
        program.value as PreparedComponent,
        { capabilities, input, limits },
        { loadGlue: loadGlueInNode },
      );
      if (!result.ok) return;
      seen.ran++;
      expect(ends).toContain(result.value.end.type);
    }),
    { numRuns: runs },
  );
  expect(await prepareComponent(sound, limits.memoryPages)).toEqual(whole);
  expect(seen.refused).toBeGreaterThan(runs / 4);
  expect(seen.ran).toBeGreaterThan(0);
});
