/**
 * What the honest nodes' users do all the time: payments, double spends, jobs to be proved, memory and processes, storage deals,
 * requests, rotations of their keys.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { StoredOutput } from "#protocol/ledger/state.ts";
import { currentKeyHash } from "#protocol/ledger/succession.ts";
import { readProofQueue, segmentPriceNano } from "#protocol/programs/proof-queue.ts";
import { bodyOf, coin, jobPost, requestOf, rotation, signed, type TestKey, testKey } from "../ledger-fixtures.ts";
import { memoryTransaction } from "./memory-traffic.ts";
import type { Scenario } from "./scenario.ts";
import { storageTransaction } from "./storage-traffic.ts";
import type { World, WorldNode } from "./world.ts";

/** Numbers of the keys that users take in the course of a story, far from those that nodes begin with. */
const firstLaterKey = 1_000_000;

const feeNano = { least: 10_000, most: 90_000 };

/** Users of a world. */
export class Traffic {
  doubleSpends = 0;
  jobs = 0;
  rotations = 0;
  /** Commands about memory, processes and storage, by the ids of their transactions. */
  readonly marketCommands = new Map<string, string>();
  private readonly world: World;
  private readonly shares: Scenario["traffic"];
  private nonce = 0n;
  /** All keys that a user has made, by the node's name; which one counts is for the node's chain to say. */
  private readonly laterKeys = new Map<string, readonly TestKey[]>();

  constructor(world: World, shares: Scenario["traffic"]) {
    this.world = world;
    this.shares = shares;
  }

  /** Somebody asks for free coins. */
  request(payer: WorldNode): void {
    this.send(payer, requestOf(payer.key, this.nonce++, undefined, this.world.rules));
  }

  /** Somebody does something. */
  trade(): void {
    const { world, shares } = this;
    const { random, rules } = world;
    const living = world.nodes.filter(({ up }) => up);
    const payer = world.pick(living);
    if (payer === undefined) return;
    if (random.fraction() < shares.freeShare) return this.request(payer);
    const { chain, pool } = payer.node.running;
    const key = this.keyOf(payer);
    if (random.fraction() < shares.rotationShare) return this.rotate(payer, key);
    const coins = chain.coins
      .coinsOf(key.keyHash)
      .filter(({ outPoint, output }) => output.amount > 200_000n && pool.pool.spenderOf(outPoint) === undefined);
    const spent = world.pick(coins.toSorted((a, b) => (toHex(a.outPoint.txId) < toHex(b.outPoint.txId) ? -1 : 1)));
    if (spent === undefined) return;
    const payTo = (node: WorldNode): PreparedTransaction => {
      const fee = BigInt(random.between(feeNano.least, feeNano.most));
      const amount = (spent.output.amount - fee) / BigInt(random.between(1, 4));
      const change = spent.output.amount - fee - amount;
      // Whoever pays knows the address that the other began with.
      const outputs = [coin(amount, node.key.lock), ...(change > 0n ? [coin(change, key.lock)] : [])];
      const [network, nonce] = [rules.networkId, this.nonce++];
      return signed(bodyOf({ network, inputs: [spent.outPoint], outputs, feeNano: fee, nonce }), key);
    };
    const job = random.fraction() < shares.jobShare ? this.jobOf({ ...payer, key }, spent) : null;
    const market = job === null ? this.marketOf({ ...payer, key }, spent) : null;
    this.send(payer, job ?? market ?? payTo(world.pick(world.nodes) as WorldNode));
    const other = world.pick(living);
    if (other === undefined || other === payer || random.fraction() >= shares.doubleSpendShare) return;
    this.doubleSpends++;
    world.note("double spend");
    this.send(other, payTo(world.pick(world.nodes) as WorldNode));
  }

  /** The key that stands for a user on its node's chain. */
  private keyOf({ name, key, node }: WorldNode): TestKey {
    const current = toHex(currentKeyHash(node.running.chain.state, key.keyHash));
    return this.laterKeys.get(name)?.find(({ keyHash }) => toHex(keyHash) === current) ?? key;
  }

  /** A user goes on with a new key: what the node's chain says later tells whether it came to that. */
  private rotate(user: WorldNode, key: TestKey): void {
    const next = testKey(firstLaterKey + this.rotations++);
    this.laterKeys.set(user.name, [...(this.laterKeys.get(user.name) ?? []), next]);
    this.world.note("rotation");
    this.send(user, rotation(key, next, { nonce: this.nonce++ }, this.world.rules));
  }

  /** A job of one to four segments at the price of the moment; null if the coin does not reach. */
  private jobOf({ key, node }: WorldNode, { outPoint, output }: StoredOutput): PreparedTransaction | null {
    const { rules } = this.world;
    const { state } = node.running.chain;
    const segments = this.world.random.between(1, 4);
    const segmentFeeNano = segmentPriceNano(readProofQueue(state).length, rules.parameters);
    if (output.amount < segmentFeeNano * BigInt(segments) + 1_000_000n) return null;
    this.jobs++;
    this.world.note("job");
    return jobPost(key, outPoint, output.amount, { segments, segmentFeeNano }, rules);
  }

  /** Something with memory, a process or a storage deal; null if it is not the turn of that, or the coin does not reach. */
  private marketOf(payer: WorldNode, spent: StoredOutput): PreparedTransaction | null {
    const { random, rules } = this.world;
    const { memoryShare, storageShare } = this.shares;
    const chance = random.fraction();
    const rest = (chance - memoryShare) / (1 - memoryShare);
    const make = chance < memoryShare ? memoryTransaction : rest < storageShare ? storageTransaction : null;
    const transaction = make?.(payer, spent, random, this.nonce++, rules) ?? null;
    if (transaction === null) return null;
    const { type } = transaction.transaction.command;
    this.marketCommands.set(toHex(transaction.id), type);
    this.world.note(type);
    return transaction;
  }

  private send(node: WorldNode, transaction: PreparedTransaction): void {
    const { life } = node;
    void node.node.requests.sendTransaction(transaction.bytes).then((sent) => {
      if (sent.ok && life.alive) node.acknowledged.set(toHex(transaction.id), transaction);
    });
  }
}
