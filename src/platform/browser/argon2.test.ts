import { describe, expect, it } from "vitest";
import { toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { argon2Kdf, calibrateCost } from "./argon2.ts";

describe("Argon2id", () => {
  /** From the reference implementation's test suite (argon2id, version 0x13); RFC 9106's own needs a secret and data. */
  it.each([
    ["password", "somesalt", 65_536, 2, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"],
    ["password", "somesalt", 256, 2, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"],
    ["differentpassword", "somesalt", 65_536, 2, "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde"],
    ["password", "diffsalt", 65_536, 2, "bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c"],
  ])(
    "of %s with %s at %d KiB and %d passes is the standard's",
    async (passphrase, salt, memoryKib, passes, expected) => {
      expect(toHex(await argon2Kdf(passphrase, utf8ToBytes(salt), { memoryKib, passes, lanes: 1 }))).toBe(expected);
    },
  );

  it("does not care how a passphrase was composed", async () => {
    const cost = { memoryKib: 64, passes: 1, lanes: 1 };
    const salt = new Uint8Array(16);
    const [composed, decomposed] = await Promise.all(
      ["Zürich", "Zu\u0308rich"].map((text) => argon2Kdf(text, salt, cost)),
    );
    expect(composed).toEqual(decomposed);
  });
});

describe("calibration", () => {
  /** A device on which one pass takes `passMs`, and the first guess `startMs` more. */
  const calibrated = async (passMs: number, startMs = 0) => {
    let nowMs = 0;
    let guesses = 0;
    const cost = await calibrateCost(
      (_passphrase, _salt, { passes }) => {
        nowMs += passes * passMs + (guesses++ === 0 ? startMs : 0);
        return Promise.resolve(new Uint8Array(32));
      },
      () => nowMs,
    );
    return { ...cost, guesses };
  };

  it("makes a guess take a quarter of a second", async () => {
    expect(await calibrated(50)).toMatchObject({ memoryKib: 65_536, passes: 5 });
    expect(await calibrated(50, 60)).toMatchObject({ passes: 5 });
    expect(await calibrated(200)).toMatchObject({ passes: 2, guesses: 1 });
  });

  it("ends on devices of any speed, and on clocks that do not tick", async () => {
    expect(await calibrated(1)).toMatchObject({ passes: 16, guesses: 2 });
    expect(await calibrated(0)).toMatchObject({ passes: 16 });
    expect(await calibrated(5_000)).toMatchObject({ passes: 2 });
  });
});
