/** What `balance` says on a device that does not have the whole chain. */
import { beforeAll, expect, it } from "vitest";
import { clientOf, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";

let simulation: Simulation;
let miner: SimulatedNode;
let newcomer: SimulatedNode;
const environment = testEnvironment();

/** The miner's balance, asked of a node. */
const balanceAt = async (node: SimulatedNode, line = "balance"): Promise<string> =>
  (await typeLine(simulation, clientOf(node, miner.key), environment, line, null)).text;

beforeAll(async () => {
  simulation = new Simulation(37);
  miner = await simulation.add({ produce: true });
  await simulation.run(3_600_000, () => miner.node.running.chain.head.height > 3);
  simulation.web.mayLink = () => false;
  newcomer = await simulation.add();
});

it("says beside the number up to where a device knows that has nobody or not all of the chain", async () => {
  const alone = await balanceAt(newcomer);
  expect(alone).toMatch(/^0 AETH in 0 coins$/m);
  expect(alone).toMatch(/Nobody is connected: this is no chain here yet/);
  expect(alone).not.toMatch(/faucet/);
  expect(await balanceAt(miner)).toMatch(/Nobody is connected: this is what stood at block \d+, .* ago/);
  simulation.web.mayLink = () => true;
  await simulation.restart(newcomer);
  await simulation.run(3_600_000, () => newcomer.network.peers().length > 0);
  expect(await balanceAt(newcomer)).toMatch(/no block of the chain yet|at block \d+ of \d+/);
  const { height } = miner.node.running.chain.head;
  await simulation.run(3_600_000, () => newcomer.node.running.chain.head.height >= height);
  const whole = await balanceAt(newcomer);
  expect(whole).toMatch(/^[1-9][\d.]* AETH/m);
  expect(whole).not.toMatch(/Nobody|at block|no block/);
  expect(JSON.parse(await balanceAt(newcomer, "balance --json"))).toMatchObject({ peers: 1, height });
});
