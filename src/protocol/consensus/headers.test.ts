import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testKey, testParameters } from "#testing/ledger-fixtures.ts";
import { toHex, utf8ToBytes } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { vrfProve, vrfPublicKey, vrfVerify } from "../crypto/vrf.ts";
import { dev, main, type NetworkParameters } from "../parameters.ts";
import { genesisBeaconValue, nextBeaconValue } from "./beacon.ts";
import { type BranchLink, isBetterBranch, reorganisationBetween } from "./fork-choice.ts";
import { genesisBlock, networkIdOf } from "./genesis.ts";
import { type Header, headerHash, workHash, workPreimage } from "./header.ts";
import { type HeaderContext, validateHeaderAlone, validateHeaderInContext } from "./validate-header.ts";
import { meetsTarget } from "./work.ts";

/** Every number of a network as text. */
const numbersOf = (parameters: NetworkParameters): string =>
  JSON.stringify(parameters, (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value instanceof Uint8Array ? toHex(value) : value,
  );

describe("genesis", () => {
  it("names the rules: who changes a number gives the rules a new number in the genesis message", () => {
    expect(dev.genesis.message).toMatch(/rules 9/);
    expect(main.genesis.message).toMatch(/rules 9/);
    expect([dev, main].map((parameters) => toHex(sha256(utf8ToBytes(numbersOf(parameters)))).slice(0, 16))).toEqual([
      "d240d3975642a7a3",
      "2d9a3c88cfc4b425",
    ]);
  });

  it("is pinned: another id is another network", () => {
    expect(toHex(networkIdOf(dev))).toBe("4ca1e21dd03766892bbd66c076f696fb61fe27f3c23fc3d5e39ba39171b6cc24");
    expect(toHex(networkIdOf(main))).toBe("9eb40ff37277e8a93bfd43bc2f42f7ef4258c7542bdd0d1d51df3e2e55a639a6");
  });
});

const secret = new Uint8Array(32).fill(7);
const genesis = genesisBlock(testParameters).header;
const genesisHash = headerHash(genesis);
const beaconValue = genesisBeaconValue(genesisHash);
const context: HeaderContext = {
  parentHash: genesisHash,
  parentHeight: 0,
  parentBeaconValue: beaconValue,
  ancestors: [{ timeMs: genesis.timeMs, target: genesis.target }],
  networkTimeMs: genesis.timeMs + 60_000,
};

function mined(changes: Partial<Header> = {}): Header {
  const body = {
    ...genesis,
    height: 1,
    parent: genesisHash,
    timeMs: genesis.timeMs + 10_000,
    proposer: { keyHash: testKey(1).keyHash, beaconKey: vrfPublicKey(secret) },
    beacon: vrfProve(secret, beaconValue),
    oracle: new Uint8Array(32),
    energy: new Uint8Array(32),
    ...changes,
  };
  const preimage = workPreimage(body);
  let nonce = 0n;
  while (!meetsTarget(workHash(preimage, nonce), body.target)) nonce++;
  return { ...body, nonce };
}

describe("headers", () => {
  it("that follow all rules pass, and hand over their beacon proof", () => {
    const header = mined();
    expect(validateHeaderAlone(header, testParameters)).toEqual({ ok: true, value: headerHash(header) });
    const check = validateHeaderInContext(header, context, testParameters);
    if (!check.ok) throw new Error(check.message);
    const output = vrfVerify(check.value.publicKey, check.value.message, check.value.proof);
    expect(output).not.toBeNull();
    expect(nextBeaconValue(beaconValue, output as Uint8Array)).toHaveLength(32);
  });

  it.each([
    ["unknown-version", { version: 2 }],
    ["wrong-work", { oracle: null }],
    ["wrong-work", { energy: null }],
    ["wrong-height", { height: 0 }],
    ["wrong-beacon", { beacon: new Uint8Array(79) }],
    ["wrong-target", { target: new Uint8Array(32).fill(0xff) }],
  ] as const)("are refused alone as %s", (code, changes) => {
    expect(validateHeaderAlone(mined(changes), testParameters)).toMatchObject({ ok: false, code });
  });

  it("without enough work are refused", () => {
    const header = mined();
    const misses = Array.from({ length: 50 }, (_, i) =>
      validateHeaderAlone({ ...header, nonce: header.nonce + BigInt(i + 1) }, testParameters),
    );
    expect(misses.some((result) => !result.ok && result.code === "insufficient-work")).toBe(true);
  });

  it.each([
    ["unknown-parent", { parent: new Uint8Array(32) }],
    ["wrong-height", { height: 2 }],
    ["wrong-target", { target: new Uint8Array(32).fill(0x0f) }],
    ["time-too-early", { timeMs: genesis.timeMs }],
    ["time-too-late", { timeMs: genesis.timeMs + 80_000 }],
  ] as const)("are refused in context as %s", (code, changes) => {
    expect(validateHeaderInContext(mined(changes), context, testParameters)).toMatchObject({ ok: false, code });
  });
});

describe("fork choice", () => {
  const tip = (totalWork: bigint, votingStake: bigint, first: number) => ({
    totalWork,
    votingStake,
    hash: Uint8Array.of(first),
  });

  it("goes by work, then stake, then the smaller hash", () => {
    expect(isBetterBranch(tip(2n, 0n, 9), tip(1n, 5n, 1))).toBe(true);
    expect(isBetterBranch(tip(1n, 6n, 9), tip(1n, 5n, 1))).toBe(true);
    expect(isBetterBranch(tip(1n, 5n, 0), tip(1n, 5n, 1))).toBe(true);
    expect(isBetterBranch(tip(1n, 5n, 1), tip(1n, 5n, 1))).toBe(false);
  });

  it("finds the way between any two blocks of a tree, and none across the finalised one", () => {
    const trees = fc.array(fc.nat(), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(trees, fc.nat(), fc.nat(), (parents, from, to) => {
        const links: BranchLink[] = [{ hash: Uint8Array.of(0), parent: Uint8Array.of(255), height: 0 }];
        for (const [i, pick] of parents.entries()) {
          const parent = links[pick % links.length] as BranchLink;
          links.push({ hash: Uint8Array.of(i + 1), parent: parent.hash, height: parent.height + 1 });
        }
        const parentOf = (link: BranchLink) => links.find((one) => one.hash[0] === link.parent[0]);
        const start = links[from % links.length] as BranchLink;
        const end = links[to % links.length] as BranchLink;
        const way = reorganisationBetween(start, end, parentOf, null);
        let at: BranchLink | undefined = start;
        for (const link of way?.disconnect ?? []) {
          expect(link).toBe(at);
          at = parentOf(link);
        }
        for (const link of way?.connect ?? []) {
          expect(parentOf(link)).toBe(at);
          at = link;
        }
        expect(at).toBe(end);
        const finalised = { height: start.height, hash: start.hash };
        const crosses = (way?.disconnect.length ?? 0) > 0;
        expect(reorganisationBetween(start, end, parentOf, finalised) === null).toBe(crosses);
      }),
    );
  });
});
