import { describe, expect, it } from "vitest";
import { accepted, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { lostKeysSince, lostWords } from "./eviction.ts";

const withKeys = (exists: boolean): Pick<Client, "vaultStatus"> => ({
  vaultStatus: () => Promise.resolve(accepted({ exists })) as ReturnType<Client["vaultStatus"]>,
});

function notes(kept: unknown = null) {
  let noted = kept;
  return {
    load: () => noted,
    save: (sinceMs: number | null) => {
      noted = sinceMs;
    },
  };
}

describe("keys that were here", () => {
  it("are missed once they are gone, since they were first seen, and not before", async () => {
    const seen = notes();
    expect(await lostKeysSince(withKeys(false), seen, 1_000)).toBeNull();
    expect(await lostKeysSince(withKeys(true), seen, 2_000)).toBeNull();
    expect(await lostKeysSince(withKeys(true), seen, 3_000)).toBeNull();
    expect(await lostKeysSince(withKeys(false), seen, 4_000)).toBe(2_000);
    expect(lostWords(Date.UTC(2026, 10, 1)).detail).toMatch(/since 2026-11-01/);
  });

  it("are not missed where nothing can be told", async () => {
    const closed = { vaultStatus: () => Promise.resolve(rejected("storage-corrupt", "No.")) };
    expect(await lostKeysSince(closed, notes(5), 9)).toBeNull();
    for (const odd of ["5", {}, 0.5, Number.NaN])
      expect(await lostKeysSince(withKeys(false), notes(odd), 9)).toBeNull();
  });
});
