/**
 * Two nodes find blocks apart from each other, more than a header page, while nobody votes: nothing is final. When they meet,
 * one gives up all of its own, and its state must be what a replay of the other's blocks from scratch gives.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { decodeBlock } from "#protocol/ledger/block.ts";
import { MemoryStore } from "../../platform/memory/memory-store.ts";
import { openChain } from "../chain-fixtures.ts";
import { payment, testKey } from "../ledger-fixtures.ts";
import { goodLinks, type SimulatedNode, Simulation } from "../simulator.ts";

const minutes = (count: number): number => count * 60_000;
const headOf = ({ node }: SimulatedNode) => node.running.chain.head;

/** Payments of fixtures expire there. */
const lastPaymentHeight = 900;

/** What came of it. */
export interface DeepReorganisation {
  readonly reorganised: number;
  readonly finalisedHeight: number;
  readonly stateRoot: string;
  /** Payments on the branch that won. */
  readonly payments: number;
  readonly violations: readonly string[];
}

/** Applies a node's canonical blocks to an empty chain, one by one. */
async function replay({ node, disk }: SimulatedNode, { parameters, clock }: Simulation) {
  const { chain } = node.running;
  const scratch = await openChain(new MemoryStore(), undefined, null, parameters);
  for (let height = 1; height <= chain.head.height; height++) {
    const [hash] = await chain.reader.hashes(height, height);
    const bytes = await disk.get("bodies", hash as Uint8Array);
    const block = decodeBlock(bytes as Uint8Array);
    if (!block.ok) throw new Error(block.message);
    const added = await scratch.addBlock(block.value, clock.nowMs());
    if (!added.ok) throw new Error(`block ${height}: ${added.message}`);
  }
  return scratch;
}

/** Plays it; the loser undoes at least so many blocks. */
export async function playDeepReorganisation(seed: number, blocks: number): Promise<DeepReorganisation> {
  const violations: string[] = [];
  // Voters are named and none is there; their weight leaks away meanwhile.
  const simulation = new Simulation(seed, goodLinks, 4);
  const a = await simulation.add({ produce: true, votes: false });
  const b = await simulation.add({ votes: false });
  await simulation.run(minutes(10), () => headOf(b).height >= 2 && simulation.agree());
  simulation.web.partition(["node-0"], ["node-1"]);
  b.node.running.production.start();
  const common = headOf(a).height;
  const pay = async (from: SimulatedNode, to: number): Promise<void> => {
    const { networkId } = from.node;
    const [coin] = from.node.running.chain.coins.coinsOf(from.key.keyHash);
    if (coin === undefined) return;
    const network = { networkId, parameters: simulation.parameters };
    const nonce = BigInt(headOf(from).height);
    const paid = payment(from.key, coin.outPoint, coin.output.amount, testKey(to).lock, 10_000n, nonce, network);
    const sent = await from.node.requests.sendTransaction(paid.bytes);
    if (!sent.ok) violations.push(`a payment was refused: ${sent.message}`);
  };
  for (let height = common + 20; height < Math.min(common + blocks, lastPaymentHeight); height += 40) {
    await simulation.run(minutes(200), () => Math.min(headOf(a).height, headOf(b).height) >= height);
    await pay(a, 20);
    await pay(b, 21);
  }
  await simulation.run(minutes(2 * blocks), () => headOf(a).height >= common + blocks);
  a.node.running.production.stop();
  await simulation.run(minutes(2 * blocks), () => headOf(b).height > headOf(a).height + 1);
  b.node.running.production.stop();
  let reorganised = 0;
  a.node.subscribe((event) => {
    if (event.type === "head") reorganised = Math.max(reorganised, event.reorganised);
  });
  simulation.web.partition();
  if (!(await simulation.run(minutes(10), () => simulation.agree()))) violations.push("they never agreed");
  const { chain } = a.node.running;
  const scratch = await replay(b, simulation);
  const stateRoot = toHex(chain.state.root());
  if (stateRoot !== toHex(scratch.state.root())) violations.push("the state is not that of a replay from scratch");
  if (scratch.coins.coinsOf(testKey(20).keyHash).length > 0) violations.push("what the loser paid is on the chain");
  if (reorganised < blocks) violations.push(`only ${reorganised} blocks were undone`);
  const payments = scratch.coins.coinsOf(testKey(21).keyHash).length;
  return { reorganised, finalisedHeight: chain.finality.finalised.height, stateRoot, payments, violations };
}
