import { describe, expect, it } from "vitest";
import { didOf } from "#identity/did.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { BlockView } from "#sdk/contract.ts";
import { testKey } from "../../../testing/ledger-fixtures.ts";
import { find } from "./find.ts";

const known = "ab".repeat(32);
const client = {
  contacts: () => Promise.resolve(accepted([{ name: "alice", did: didOf(testKey(1).publicKey) }])),
  block: (id: number | Uint8Array) =>
    Promise.resolve(
      typeof id !== "number" && id[0] === 0xab
        ? accepted({} as BlockView)
        : rejected("not-found", "There is no such block."),
    ),
};

describe("what the explorer finds", () => {
  it("is a block by its height or hash, a transaction by its id, an address", async () => {
    const did = didOf(testKey(1).publicKey);
    expect(await find(client, " 12 ")).toEqual(accepted("block/12"));
    expect(await find(client, known.toUpperCase())).toEqual(accepted(`block/${known}`));
    expect(await find(client, "cd".repeat(32))).toEqual(accepted(`tx/${"cd".repeat(32)}`));
    expect(await find(client, did)).toEqual(accepted(`address/${did}`));
    expect(await find(client, "@Alice")).toEqual(accepted(`address/${did}`));
    expect(await find(client, "@bob")).toMatchObject({ code: "not-found", message: expect.stringContaining("@bob") });
  });

  it("is nothing for other words, and says what to type", async () => {
    for (const typed of ["", "block", "abc", "-1", "1e3"])
      expect(await find(client, typed)).toMatchObject({ ok: false, code: "invalid-argument" });
    expect(await find(client, "did:web:example.org")).toMatchObject({ ok: false, code: "invalid-address" });
  });
});
