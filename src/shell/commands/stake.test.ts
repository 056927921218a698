/** The commands about stakes and finality, typed into shells on two real nodes whose blocks come by a virtual clock. */
import { beforeAll, describe, expect, it } from "vitest";
import { didOf } from "#identity/did.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { readVoters } from "#protocol/programs/stake.ts";
import { accepted } from "#protocol/result.ts";
import type { FinalityView } from "#sdk/finality.ts";
import { testKey } from "#testing/ledger-fixtures.ts";
import { clientOf, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { finalityFact } from "./finality-words.ts";

const environment = testEnvironment();
let simulation: Simulation;
let miner: SimulatedNode;
let second: SimulatedNode;

const type = (line: string, node = miner, key = node.key, answer = "y") =>
  typeLine(simulation, clientOf(node, key), environment, line, answer);
const chain = () => miner.node.running.chain;
const seatOf = ({ node }: SimulatedNode) =>
  readVoters(node.running.chain.state).find(({ key }) => equalBytes(key, node.running.voter.key));
const votesOf = (node: SimulatedNode): bigint => seatOf(node)?.activeNano ?? 0n;
const coinsOf = ({ node, key }: SimulatedNode): bigint =>
  node.running.chain.coins.coinsOf(key.keyHash).reduce((sum, { output }) => sum + output.amount, 0n);
const until = (done: () => boolean) => simulation.run(12 * 3_600_000, done);

beforeAll(async () => {
  simulation = new Simulation(61);
  miner = await simulation.add({ produce: true });
  second = await simulation.add();
  await until(() => chain().coins.coinsOf(miner.key.keyHash).length >= 8);
});

describe("before anybody votes", () => {
  it("nothing is final, and the commands say what to do", async () => {
    expect((await type("finality")).text).toMatch(/final +block 0.*\n.*\n.*\n.*0 with 0 AETH.*\nNobody votes yet/);
    expect((await type("validators")).text).toMatch(/Nobody votes yet.*`stake` begins/);
    expect((await type("status")).text).toMatch(/finality +not yet: nobody votes/);
    expect((await type("unstake")).text).toMatch(/You have no stake\. `stake AMOUNT` bonds one/);
  });

  it.each([
    ["stake", /Usage|takes|needs/],
    ["stake 4.9", /A stake is at least 5 AETH, not 4\.9 AETH/],
    ["stake 1,5", /has a comma/],
    ["stake -3", /cannot be negative|no option/i],
  ])("bad input is answered: %s", async (line, answer) => {
    const { code, text } = await type(line);
    expect(code).not.toBe(0);
    expect(text).toMatch(answer);
  });

  it("who has no coins is sent to the faucet, and nothing is bonded", async () => {
    const { code, text } = await type("stake 5", miner, testKey(77));
    expect(code).toBe(1);
    expect(text).toMatch(/You have 0 AETH.*`faucet` gives you some; nothing was bonded/);
  });
});

describe("staking", () => {
  it("says what it binds and what can be lost before it asks; no is no", async () => {
    const { code, text } = await type("stake 6", miner, miner.key, "n");
    expect(code).toBe(130);
    expect(text).toMatch(/bonded {3}until you leave with `unstake`, and 100 blocks \(at most about 100 min\) more/);
    expect(text).toMatch(/can lose 5 % and its place/);
    expect(text).toMatch(/can lose 0\.001 % for each final block/);
    expect(text).toMatch(/can lose half in 32 blocks .* more than 16/);
    expect(text).toMatch(/create {3}a stake behind the voting key [0-9a-f]{12}/);
    expect(text).toMatch(/bond {5}6 AETH behind this node's voting key/);
    expect((await type("stake 6 --dry-run")).text).toMatch(/Dry run: nothing was signed/);
    expect((await type("validators")).text).toMatch(/Nobody votes yet/);
  });

  it("makes this node vote: blocks become final, and transactions say so", async () => {
    const bonded = await type("stake 6");
    expect(bonded).toMatchObject({ code: 0, text: expect.stringMatching(/In block \d+[\s\S]*`validators` shows it/) });
    const id = /Sent ([0-9a-f]{64})/.exec(bonded.text)?.[1] ?? "";
    const waiting = await type(`tx ${id}`);
    await until(
      () => chain().finality.finalised.height >= chain().head.height - 1 && chain().finality.finalised.height > 9,
    );
    const told = await type(`tx ${id}`);
    expect(waiting.text).toMatch(/In block \d+/);
    expect(told.text).toMatch(
      /Bonds 6 AETH behind the voting key[\s\S]*a stake behind[\s\S]*Final: no branch without it/,
    );
    expect((await type("finality")).text).toMatch(/voters +1 with [67](\.\d+)? AETH; this node votes with 100\.0 %/);
    expect((await type("validators")).text).toMatch(
      /^0 {2}[0-9a-f]{12} {2}100\.0 % .* seen at \d+ {2}votes, here, yours/,
    );
    const { height } = chain().finality.finalised;
    expect((await type(`block ${height}`)).text).toMatch(/confirmations +\d+, final/);
    expect((await type(`block ${chain().head.height}`)).text).toMatch(
      /votes +of 1 to justify block \d+, of 1 to finalise/,
    );
    expect((await type("status")).text).toMatch(/finality +block \d+ \((the newest|1 block after it not yet)\)/);
    const asJson = JSON.parse((await type("finality --json")).text) as FinalityView;
    expect(asJson).toMatchObject({ voting: true, leaking: false });
    expect((await type("stake 6")).text).toMatch(/Your [67](\.\d+)? AETH vote here already\. .*`unstake` first/);
  });

  it("a second node joins the voters, and each sees which one it is", async () => {
    expect((await type(`pay ${didOf(second.key.publicKey)} 5.5 --yes`)).code).toBe(0);
    await until(() => second.node.running.chain.coins.coinsOf(second.key.keyHash).length > 0);
    expect((await type("stake 5.4", second)).code).toBe(0);
    const why = /This device does not vote: its stake counts once blocks after its bond are final\./;
    expect((await type("finality", second)).text).toMatch(why);
    expect((await type("validators", second)).text).toMatch(why);
    await until(() => votesOf(second) > 0n);
    const seats = (await type("validators", second)).text.split("\n");
    expect(seats.slice(2).join()).not.toMatch(why);
    expect(seats[0]).toMatch(/votes$/);
    expect(seats[1]).toMatch(/votes, here, yours$/);
  });
});

describe("leaving", () => {
  it("says when the coins come back, asks, and tells when it is too early", async () => {
    const left = await type("unstake", second);
    expect(left.text).toMatch(/coins stay bonded for 100 blocks \(at most about 100 min\)/);
    expect(left.text).toMatch(/consume {2}a stake behind[\s\S]*fee {6}none: a stamp/);
    expect(left.text).toMatch(/From block \d+ on, `unstake` takes the coins back/);
    expect((await type("unstake", second)).text).toMatch(/are bonded until block \d+: the next is \d+, so \d+ blocks/);
    expect((await type("stake 5", second)).text).toMatch(/have left and are bonded until block \d+, in \d+ blocks/);
    expect((await type("validators")).text).toMatch(/left at block \d+, bonded until \d+/);
  });

  it("gives back what was bonded and earned, by the same command, once the time is over", async () => {
    const seat = seatOf(second);
    if (seat?.exitHeight == null) throw new Error("it has not left");
    const { unbondingBlocks } = simulation.parameters.finality;
    await until(() => second.node.running.chain.head.height + 1 >= (seat.exitHeight as number) + unbondingBlocks);
    const balanceNano = seatOf(second)?.balanceNano ?? 0n;
    const beforeNano = coinsOf(second);
    const back = await type("unstake", second);
    expect(back).toMatchObject({
      code: 0,
      text: expect.stringMatching(/create {3}[\d.]+ AETH from the stake for you/),
    });
    expect(seatOf(second)).toBeUndefined();
    const gotNano = coinsOf(second) - beforeNano;
    expect(gotNano).toBeGreaterThan(balanceNano - 20_000n);
    expect(gotNano).toBeLessThan(balanceNano);
    expect((await type("unstake", second)).text).toMatch(/You have no stake/);
  });
});

describe("finality that stands still", () => {
  it("is told on the page and with what it means", () => {
    expect(finalityFact({ network: "dev", height: 30, finalisedHeight: 15 })).toBe("block 15");
    expect(finalityFact({ network: "dev", height: 31, finalisedHeight: 15 })).toBe("block 15, stands still");
    expect(finalityFact({ network: "dev", height: 31, finalisedHeight: null })).toBe("not yet");
  });

  it("is warned of by `finality` from the 16th block on", async () => {
    const view = await miner.node.requests.finality();
    if (!view.ok) throw new Error(view.message);
    const leaking = { ...view.value, stalledBlocks: 16, leaking: true };
    const client = { ...clientOf(miner, miner.key), finality: () => Promise.resolve(accepted(leaking)) };
    const { text } = await typeLine(simulation, client, environment, "finality");
    expect(text).toMatch(/Nothing has become final for 16 blocks[\s\S]*both halves could finalise different blocks/);
  });
});

describe("a newcomer", () => {
  it("does not wait for ever for a faucet that does not pay", async () => {
    const own = new Simulation(62);
    const node = await own.add({ produce: true });
    const { code, text } = await typeLine(own, clientOf(node, testKey(78)), environment, "faucet");
    expect(code).toBe(1);
    expect(text).toMatch(/no coins came with the next 2 blocks: the seed pays an address once in 20 blocks/);
  });
});
