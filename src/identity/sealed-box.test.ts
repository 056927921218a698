import fc from "fast-check";
import { expect, it } from "vitest";
import { keysOfSeed } from "./keys.ts";
import { type BoxPurpose, boxOverheadBytes, openBox, sealBox } from "./sealed-box.ts";

const [keys, others] = [1, 2].map((fill) => keysOfSeed(new Uint8Array(64).fill(fill))) as [
  ReturnType<typeof keysOfSeed>,
  ReturnType<typeof keysOfSeed>,
];
const names: BoxPurpose = { key: null, context: "aether/contacts/1" };
const devices: BoxPurpose = { key: "aether/devices-key/1", context: "aether/devices/1" };
const nonce = new Uint8Array(24).fill(3);

it("gives back what was sealed, to the same identity for the same purpose alone, and nothing that was touched", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (clear, place) => {
      const sealed = sealBox(clear, keys, names, nonce);
      expect(sealed.length).toBe(clear.length + boxOverheadBytes);
      expect(openBox(sealed, keys, names)).toEqual(clear);
      expect(openBox(sealed, others, names)).toBeNull();
      expect(openBox(sealed, keys, devices)).toBeNull();
      expect(openBox(sealed, keys, { ...names, context: devices.context })).toBeNull();
      expect(openBox(sealed, { ...keys, signingKey: others.signingKey }, names)).toBeNull();
      expect(openBox(sealed.subarray(0, place % sealed.length), keys, names)).toBeNull();
      sealed[place % sealed.length] = (sealed[place % sealed.length] as number) ^ 1;
      expect(openBox(sealed, keys, names)).toBeNull();
    }),
    { numRuns: 50 },
  );
});
