import { describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { signDigest } from "#protocol/crypto/signature.ts";
import { searchStamp } from "#protocol/ledger/stamp.ts";
import { readVoters } from "#protocol/programs/stake.ts";
import { accepted } from "#protocol/result.ts";
import { type SimulatedNode, Simulation } from "../testing/simulator.ts";
import { StakeKeeper } from "./stake-keeper.ts";

const minutes = (count: number): number => count * 60_000;
const kept = { stakeNano: 6_000_000_000n, fromNano: 8_000_000_000n };

/** Has a node keep a stake of its own key; as a seed does. */
function keep({ node, key }: SimulatedNode): void {
  const { chain, pool, voter, production } = node.running;
  const signer = {
    ...key,
    sign: (id: Uint8Array) => Promise.resolve(accepted(signDigest(id, key.secret))),
    stamp: (id: Uint8Array) => Promise.resolve(accepted(searchStamp(id, 4, 0, 1 << 20) as Uint8Array)),
  };
  const { entropy } = node.ports;
  const log = ({ message }: { message: string }): void => {
    throw new Error(message);
  };
  const keeper = new StakeKeeper({ chain, pool, key: signer, entropy, log }, voter, production.beaconKey, kept);
  keeper.tend();
  node.subscribe(({ type }) => {
    if (type === "head") keeper.tend();
  });
}

const seatOf = ({ node }: SimulatedNode) =>
  readVoters(node.running.chain.state).find(({ key }) => equalBytes(key, node.running.voter.key));
const votesOf = (node: SimulatedNode): bigint => seatOf(node)?.activeNano ?? 0n;
const heightOf = ({ node }: SimulatedNode): number => node.running.chain.head.height;
const finalHeight = ({ node }: SimulatedNode): number => node.running.chain.finality.finalised.height;

describe("the keeper of a stake", () => {
  it("bonds once there are coins enough, once, and the network has finality from then on; a restart bonds nothing", async () => {
    const simulation = new Simulation(71);
    const seed = await simulation.add({ produce: true });
    keep(seed);
    await simulation.run(minutes(10), () => heightOf(seed) === 2);
    expect(seatOf(seed)).toBeUndefined();
    expect(await simulation.run(minutes(30), () => finalHeight(seed) >= 8)).toBe(true);
    expect(seatOf(seed)).toMatchObject({ owner: seed.key.keyHash, exitHeight: null });
    await simulation.restart(seed, true);
    keep(seed);
    const { height } = seed.node.running.chain.head;
    expect(await simulation.run(minutes(30), () => finalHeight(seed) >= height + 6)).toBe(true);
    expect(readVoters(seed.node.running.chain.state)).toHaveLength(1);
  });

  it("bonds anew after it was away for so long that it lost its place", async () => {
    const simulation = new Simulation(72);
    const seed = await simulation.add({ produce: true });
    const other = await simulation.add();
    keep(seed);
    await simulation.run(minutes(30), () => finalHeight(other) >= 8);
    await seed.network.stop();
    seed.node.running.production.stop();
    other.node.running.production.start();
    // Half of the minimum is where a voter is put out: 6 AETH leak to that within some 16 + 46 × ln(6 / 2.5) blocks.
    const place = () => readVoters(other.node.running.chain.state)[0];
    expect(await simulation.run(minutes(300), () => place()?.exitHeight !== null)).toBe(true);
    const stuck = finalHeight(other);
    const out = heightOf(other);
    await simulation.restart(seed, true);
    keep(seed);
    const back = () => heightOf(seed) > out && seatOf(seed)?.exitHeight === null && votesOf(seed) > 0n;
    const again = await simulation.run(minutes(600), back);
    expect(again).toBe(true);
    expect(readVoters(seed.node.running.chain.state)).toHaveLength(1);
    const { height } = other.node.running.chain.head;
    expect(await simulation.run(minutes(30), () => finalHeight(other) > height)).toBe(true);
    expect(height).toBeGreaterThan(stuck);
  });
});
