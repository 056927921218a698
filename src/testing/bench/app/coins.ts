/**
 * Coins to spend in the benchmarks of the whole app: a real seed's first reward, cut into many coins on its chain.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { rewardId } from "#protocol/ledger/apply.ts";
import { type Block, decodeBlock } from "#protocol/ledger/block.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { dev, limits } from "#protocol/parameters.ts";
import type { Seed } from "../../../../e2e/harness.ts";
import { seedKeys } from "../../../seed/key-files.ts";
import { bodyOf, coin, firstRewardNano, signed, type TestKey } from "../../ledger-fixtures.ts";

const network = networkIdOf(dev);
const pieceNano = 40_000_000n;
const feeNano = 1_000_000n;
const askEveryMs = 50;
const mostWaitMs = 60_000;

/** One JSON-RPC call; null if there is no answer yet, or the seed wants to be asked less often. */
async function ask<T>(seed: Seed, method: string, ...params: readonly unknown[]): Promise<T | null> {
  const response = await fetch(`${seed.url}rpc`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  if (response.status === 429) return null;
  const answer = (await response.json()) as { readonly result?: T };
  return answer.result ?? null;
}

/** Asks until there is an answer. */
async function until<T>(what: string, question: () => Promise<T | null>): Promise<T> {
  const deadlineMs = performance.now() + mostWaitMs;
  for (;;) {
    const answer = await question();
    if (answer !== null) return answer;
    if (performance.now() > deadlineMs) throw new Error(`${what} did not come within ${mostWaitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, askEveryMs));
  }
}

/** Height of a seed's head. */
export async function headHeight(seed: Seed): Promise<number> {
  const head = await ask<{ readonly height: number }>(seed, "chain_head");
  if (head === null) throw new Error("the seed does not tell its head");
  return head.height;
}

/** A block of a seed's chain, once it is there. */
export async function blockAt(seed: Seed, height: number): Promise<Block> {
  const { bytes } = await until(`block ${height}`, () =>
    ask<{ readonly bytes: string }>(seed, "chain_getBlock", height),
  );
  const block = decodeBlock(fromHex(bytes) ?? new Uint8Array());
  if (!block.ok) throw new Error(block.message);
  return block.value;
}

/**
 * Signed payments, each of a coin of its own, once their coins are in a block; and the height of that block. In every round
 * after the first each spends what one of the round before has paid.
 */
export async function independentPayments(
  seed: Seed,
  rounds = 1,
): Promise<{ readonly payments: readonly PreparedTransaction[]; readonly height: number }> {
  const first = await blockAt(seed, 1);
  const keys = seedKeys(new Uint8Array(readFileSync(join(seed.dataDirectory, "identity.key"))));
  const key: TestKey = { ...keys, lock: { type: "key", keyHash: keys.keyHash } };
  const outputs = Array.from({ length: limits.outputs }, () => coin(pieceNano, key.lock));
  const input = { txId: rewardId(first.header.parent, 1), index: 0 };
  const cut = signed(
    bodyOf({ network, inputs: [input], outputs, feeNano: firstRewardNano - BigInt(limits.outputs) * pieceNano }),
    key,
  );
  if ((await ask(seed, "tx_send", toHex(cut.bytes))) === null) throw new Error("the seed refuses to cut its reward");
  const { standing } = await until("the block with the coins", async () => {
    const found = await ask<{ readonly standing: { readonly state: string; readonly height: number } }>(
      seed,
      "tx_get",
      toHex(cut.id),
    );
    return found?.standing.state === "included" ? found : null;
  });
  const payments: PreparedTransaction[] = [];
  for (let round = 1; round <= rounds; round++) {
    const earlier = payments.slice(-outputs.length);
    const amountNano = pieceNano - BigInt(round) * feeNano;
    for (const index of outputs.keys()) {
      const input =
        round === 1 ? { txId: cut.id, index } : { txId: (earlier[index] as PreparedTransaction).id, index: 0 };
      payments.push(signed(bodyOf({ network, inputs: [input], outputs: [coin(amountNano, key.lock)], feeNano }), key));
    }
  }
  return { payments, height: standing.height };
}
