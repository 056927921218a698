/**
 * The faucet of the development network: pays mined requests from the seed's own coins. What was paid is read from the
 * chain, never remembered beside it, so a restart cannot pay twice.
 * @module
 */

import { equalBytes, fromBigEndian, fromHex, toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { decodeBlock } from "#protocol/ledger/block.ts";
import { type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import type { Transaction } from "#protocol/ledger/transaction.ts";
import { forgetOldest, putNewest } from "#protocol/newest.ts";
import { planPayment, type Signer, signPlan } from "#wallet/build.ts";
import type { Chain, HeadChange } from "./chain.ts";
import type { PoolService } from "./pool-service.ts";
import type { Entropy, Log } from "./ports.ts";

/** Memo of a request that asks the faucet. */
export const faucetMemo = "faucet";

/** Requests waiting for coins; more are answered when the requester asks again. */
const mostWaiting = 1_000;

/** Answers remembered; far more than fit into the blocks within which a key is paid once. */
const mostRemembered = 100_000;

/** The key that pays. */
export interface FaucetKey extends Signer {
  readonly keyHash: Uint8Array;
}

interface Waiting {
  readonly id: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly amountNano: bigint;
}

/** Memo of the payment that answers a request. */
function answerMemo(requestId: Uint8Array): string {
  return `${faucetMemo} ${toHex(requestId)}`;
}

/** The faucet of one seed. */
export class Faucet {
  private readonly chain: Chain;
  private readonly pool: PoolService;
  private readonly key: FaucetKey;
  private readonly entropy: Entropy;
  private readonly log: Log;
  private readonly waiting: Waiting[] = [];
  /** Height at which a key was last paid. */
  private readonly paidAt = new Map<string, number>();
  /** Requests that have their payment, in a block or in our pool. */
  private readonly answered = new Set<string>();
  private working: Promise<void> = Promise.resolve();

  constructor(chain: Chain, pool: PoolService, key: FaucetKey, ports: { entropy: Entropy; log: Log }) {
    this.chain = chain;
    this.pool = pool;
    this.key = key;
    this.entropy = ports.entropy;
    this.log = ports.log;
  }

  /** Coins at hand, pool not considered. */
  balanceNano(): bigint {
    return this.chain.coins.coinsOf(this.key.keyHash).reduce((sum, coin) => sum + coin.output.amount, 0n);
  }

  /** Reads the newest blocks: who was paid, who still waits. */
  async start(): Promise<void> {
    const everyBlocks = this.rules().everyBlocks;
    const { head, reader } = this.chain;
    for (let height = Math.max(1, head.height - everyBlocks); height <= head.height; height++) {
      const entry = await reader.at(height);
      const bytes = entry === undefined ? undefined : await reader.body(entry.hash);
      const block = bytes === undefined ? undefined : decodeBlock(bytes);
      if (block?.ok)
        this.read(
          block.value.transactions.map((transaction) => prepareTransaction(transaction)),
          height,
        );
    }
    for (const { prepared } of this.pool.pool.best()) this.readAnswer(prepared, head.height);
    this.work();
  }

  /** Follows the head; the pool has done so before. */
  onHead(change: HeadChange): void {
    for (const { transactions } of change.disconnected) for (const prepared of transactions) this.takeBack(prepared);
    for (const { entry, transactions } of change.connected) this.read(transactions, entry.height);
    this.work();
  }

  private rules() {
    const { development } = this.chain.context.parameters;
    if (development === null) throw new Error("there is no faucet on this network");
    return development.faucet;
  }

  private read(transactions: readonly PreparedTransaction[], height: number): void {
    for (const prepared of transactions) {
      const { command } = prepared.transaction;
      if (command.type === "coin.request") {
        if (toHex(command.memo) !== toHex(utf8ToBytes(faucetMemo)) || this.waiting.length >= mostWaiting) continue;
        this.waiting.push({ id: prepared.id, keyHash: command.keyHash, amountNano: command.amountNano });
      } else this.readAnswer(prepared, height);
    }
  }

  /** Notes a payment of ours that names a request. */
  private readAnswer({ transaction }: PreparedTransaction, height: number): void {
    const request = this.answeredBy(transaction);
    if (request !== null) this.note(request, height);
  }

  /** A payment of ours was undone: unless it waits again, its request does. */
  private takeBack({ id, transaction }: PreparedTransaction): void {
    const request = this.answeredBy(transaction);
    if (request === null || this.pool.pool.has(id) || this.waiting.length >= mostWaiting) return;
    this.answered.delete(toHex(request.id));
    this.paidAt.delete(toHex(request.keyHash));
    this.waiting.push(request);
  }

  /** The request that a payment answers; null if it is no payment of ours. */
  private answeredBy({ command, outputs, witnesses }: Transaction): Waiting | null {
    const payer = witnesses[0]?.signatures[0]?.publicKey;
    const ours = payer !== undefined && equalBytes(payer, this.key.publicKey);
    const [output] = outputs;
    if (command.type !== "coin.pay" || !ours || output?.lock.type !== "key") return null;
    const [word, name] = String.fromCharCode(...command.memo).split(" ");
    const id = word === faucetMemo ? fromHex(name ?? "") : undefined;
    return id?.length === 32 ? { id, keyHash: output.lock.keyHash, amountNano: output.amount } : null;
  }

  private note({ id, keyHash }: Waiting, height: number): void {
    this.answered.add(toHex(id));
    forgetOldest(this.answered, mostRemembered);
    putNewest(this.paidAt, toHex(keyHash), height, mostRemembered);
  }

  private work(): void {
    this.working = this.working.then(() => this.payWaiting());
  }

  private async payWaiting(): Promise<void> {
    while (this.waiting[0] !== undefined) {
      const outcome = await this.pay(this.waiting[0]);
      if (outcome === "later") return;
      this.waiting.shift();
    }
  }

  private async pay(request: Waiting): Promise<"done" | "later"> {
    const { maximumNano, everyBlocks } = this.rules();
    const { height } = this.chain.head;
    const lastPaid = this.paidAt.get(toHex(request.keyHash));
    if (this.answered.has(toHex(request.id)) || request.amountNano > maximumNano) return "done";
    if (lastPaid !== undefined && height < lastPaid + everyBlocks) return "done";
    const coins = this.chain.coins
      .coinsOf(this.key.keyHash)
      .filter((coin) => this.pool.pool.spenderOf(coin.outPoint) === undefined)
      .map(({ outPoint, output }) => ({ ...outPoint, amountNano: output.amount }));
    const { parameters, networkId } = this.chain.context;
    const plan = planPayment(
      {
        recipientKeyHash: request.keyHash,
        amountNano: request.amountNano,
        memo: answerMemo(request.id),
        feeNano: null,
        free: false,
      },
      coins,
      { parameters, networkId, height, keyHash: this.key.keyHash, nonce: fromBigEndian(this.entropy.bytes(8)) },
    );
    if (!plan.ok) return "later";
    const transaction = await signPlan(plan.value, this.key);
    const added = transaction.ok ? await this.pool.add(prepareTransaction(transaction.value), null) : transaction;
    if (!added.ok) {
      this.log({ level: "warning", source: "faucet", message: added.message });
      return "later";
    }
    this.note(request, height);
    return "done";
  }
}
