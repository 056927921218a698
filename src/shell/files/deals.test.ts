/** `deal`, typed into a shell on a real node: a keeper with an offer and a bond, and blocks that another node makes. */
import { beforeEach, describe, expect, it } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import type { KeeperOffer } from "#protocol/programs/storage-offers.ts";
import type { Client } from "#sdk/contract.ts";
import { signerOf, testParameters } from "#testing/ledger-fixtures.ts";
import { must } from "#testing/mail-fixtures.ts";
import { Random } from "#testing/random.ts";
import { filesIn } from "#testing/shell-on-files.ts";
import { clientOf, type TypedLine, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { StorageKeeper } from "../../node/files/storage-keeper.ts";
import { createFileCipher } from "../../platform/browser/files/file-cipher.ts";

/** Longer than anything here takes on an idle chain. */
const longMs = 12 * 3_600_000;
const bondNano = 400_000_000n;

let simulation: Simulation;
let keeper: SimulatedNode;
let tab: SimulatedNode;
let client: Client;
let type: (line: string, answer?: string | null) => Promise<TypedLine>;

const until = async (done: () => boolean): Promise<void> => expect(await simulation.run(longMs, done)).toBe(true);

/** A node offers storage with a bond, as a seed with `--bond` does; its offer may name another one as the keeper. */
function bond(by = keeper, bytes = 1 << 26): void {
  const { chain, pool, files } = by.node.running;
  const key = { ...by.key, ...signerOf(by.key) };
  const parts = { entropy: simulation.random, log: () => undefined, chain, pool, files, key };
  const pace = { offerBlocks: 5_000, renewalBlocks: 100 };
  const terms = { peer: keeper.name, bytes, priceNano: 1_000_000n, bondNano, reserveNano: 0n, ...pace };
  const storage = new StorageKeeper(parts, terms);
  files.setDealTaker(storage);
  by.node.subscribe(({ type: what }) => {
    if (what === "head") storage.tend();
  });
  storage.tend();
}

const offers = (): readonly KeeperOffer[] => tab.node.running.deals.offers().map(({ offer }) => offer);
const coins = (of: SimulatedNode) => tab.node.running.chain.coins.coinsOf(of.key.keyHash);
const own = () => tab.node.running.deals.deals(tab.key.keyHash);
const listed = async (): Promise<unknown> => JSON.parse((await type("deal list --json")).text);

beforeEach(async () => {
  simulation = new Simulation(23, undefined, 0, testParameters);
  keeper = await simulation.add({ keepsFiles: true, produce: true });
  tab = await simulation.add({ produce: true });
  await until(() => coins(tab).length > 0 && coins(keeper).length > 0 && simulation.agree());
  tab.node.running.production.stop();
  client = clientOf(tab, tab.key);
  const files = new Map([["a.txt", new Random(4).bytes(5_000)]]);
  const environment = {
    ...testEnvironment(),
    files: filesIn(files),
    startFileCipher: () => ({
      ...createFileCipher({ bytes: (n) => simulation.random.bytes(n) }),
      end: () => undefined,
    }),
    addressOf: (path: string) => `https://here${path}`,
  };
  type = (line, answer = "y") => typeLine(simulation, client, environment, line, answer);
  await type("put a.txt");
});

describe("deal", () => {
  it("says that nobody answers with a bond, and what is no deal of a file", async () => {
    expect((await type("deal offers")).text).toMatch(/No keeper offers/);
    expect((await type("deal list")).text).toMatch(/No deals now/);
    expect(await type("deal make a.txt")).toMatchObject({ code: 1, text: expect.stringMatching(/No keeper offers/) });
    expect((await type("deal make b.txt")).text).toMatch(/You keep no file b\.txt/);
    expect((await type("deal make a.txt --audits 0")).text).toMatch(/1 to 10000 audits, not 0/);
    expect((await type("deal end 00")).text).toMatch(/You have no deals/);
    expect((await type("deal now")).code).not.toBe(0);
  });

  it("has the keeper accept, pass its audits and be paid; what is answered for is not asked for twice", async () => {
    bond();
    await until(() => offers().length > 0);
    expect((await type("deal offers")).text).toMatch(
      /64\.0 MiB of 64\.0 MiB free {2}0\.001 AETH a MiB .* connected\n.*60 blocks/,
    );
    expect((await type("deal make a.txt --dry-run")).text).toMatch(
      /It would show parts of them every 60 blocks.*24 times/s,
    );
    expect((await type("deal make a.txt", "n")).text).toMatch(/nothing was changed/);
    expect(own()).toHaveLength(0);
    const { code, text } = await type("deal make a.txt --audits 2");
    expect(code).toBe(0);
    expect(text).toMatch(/lock {5}0\.002 AETH for the keeper, audit by audit/);
    expect(text).toMatch(/has 50 blocks to accept/);
    await until(() => own()[0]?.deal.accepted === 1);
    expect(await listed()).toMatchObject([
      { name: "a.txt", bytes: expect.any(Number), accepted: true, audits: 2, passed: 0, missed: 0, trouble: "" },
    ]);
    expect((await type("deal make a.txt --audits 2")).text).toMatch(/does not answer for already/);
    await until(() => own()[0]?.deal.audited === 1);
    expect((await type("deal list")).text).toMatch(/a\.txt {2}.*1 of 2 audits passed; 0\.001 AETH to earn/);
    await until(() => own().length === 0);
    expect(offers()[0]?.freeBondNano).toBe(bondNano);
  });

  it("is made by the offer that its keeper says is its own, whoever else names that keeper with more room", async () => {
    const stranger = await simulation.add({ produce: true });
    await until(() => coins(stranger).length > 0 && simulation.agree());
    stranger.node.running.production.stop();
    bond(stranger, 1 << 30);
    await until(() => offers().length > 0);
    expect((await type("deal make a.txt --audits 2")).text).toMatch(/no connected node|None|nobody|offers/i);
    expect(own()).toHaveLength(0);
    bond();
    await until(() => offers().length > 1);
    expect(offers().map(({ peer }) => peer)).toEqual([keeper.name, keeper.name]);
    expect((await type("deal make a.txt --audits 2")).code).toBe(0);
    await until(() => own()[0]?.deal.accepted === 1);
    expect(own()[0]?.offer.keeper).toEqual(keeper.key.keyHash);
  });

  it("goes on telling the keeper after a restart, and ends by itself or when it is told to", async () => {
    bond();
    await until(() => offers().length > 0);
    keeper.node.running.files.setDealTaker({
      take: () => new Promise(() => undefined),
      offers: () => offers().map(({ id }) => id),
    });
    const { code } = await type("deal make a.txt --audits 3 --json");
    expect(code).toBe(0);
    expect(await listed()).toMatchObject([{ name: "a.txt", accepted: false }]);
    await simulation.restart(tab);
    const held = must(await client.heldFiles());
    client = { ...clientOf(tab, tab.key), heldFiles: () => Promise.resolve({ ok: true, value: held }) };
    await until(() => coins(tab).length > 0 && tab.node.running.chain.head.height > 0);
    expect(own()[0]?.asked?.digests.length).toBeGreaterThan(0);
    bond();
    await until(() => own()[0]?.deal.accepted === 1);
    const id = toHex(own()[0]?.deal.id ?? new Uint8Array());
    expect((await type(`deal end ${id.slice(0, 8)}`)).text).toMatch(/Its running audit is the last/);
    await until(() => own()[0]?.deal.periods === 1);
    await until(() => own().length === 0);
  });
});
