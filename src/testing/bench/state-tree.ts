/**
 * A batch of writes into a large state tree.
 * @module
 */
import { bigEndian, equalBytes } from "#protocol/codec/bytes.ts";
import { sha256 as pureSha256, type Sha256 } from "#protocol/codec/hash.ts";
import { emptyStateTree, type StateTree, type StateWrite } from "#protocol/ledger/state-tree.ts";
import { createSha256Kernel } from "../../platform/wasm/sha256-kernel.ts";
import { atLeastTimes, type Contender, compared, type MeasuredRow, medianOfRounds, medianRates } from "./row.ts";

const batchKeys = 10_000;
const valueBytes = 100;

/** The state after every write in turn, its root known after each: what a tree without batches does. */
function perKey(tree: StateTree, writes: readonly StateWrite[]): StateTree {
  let next = tree;
  for (const write of writes) {
    next = next.update([write]);
    next.root();
  }
  return next;
}

/** SHA-256 that can be exchanged under a tree that stands: messages and pairs go to whichever hash is set. */
function exchangeableHash(first: Sha256) {
  let current = first;
  const fast = first.pairHasher;
  if (fast === undefined) throw new Error("the kernel hashes no pairs");
  const { capacity, pairs, digests } = fast;
  const [pairBytes, digestBytes] = [pairs, digests].map(
    (words) => new Uint8Array(words.buffer, words.byteOffset, words.byteLength),
  ) as [Uint8Array, Uint8Array];
  const message = new Uint8Array(65);
  const hash = (prefix: number, count: number): void => {
    if (current.pairHasher === fast) {
      fast.hash(prefix, count);
      return;
    }
    for (let i = 0; i < count; i++) {
      message[0] = prefix;
      message.set(pairBytes.subarray(i * 64, (i + 1) * 64), 1);
      digestBytes.set(current(message), i * 32);
    }
  };
  const sha256: Sha256 = Object.assign((text: Uint8Array) => current(text), {
    pairHasher: { capacity, pairs, digests, hash },
  });
  const exchange = (next: Sha256): void => {
    current = next;
  };
  return { sha256, exchange };
}

/** Rows for a batch of 10 000 writes, half of them on keys that exist, into a state of `entries`. */
export async function measureStateTree(entries: number): Promise<MeasuredRow[]> {
  const { sha256 } = await createSha256Kernel();
  const keyOf = (number: number): Uint8Array => sha256(bigEndian(BigInt(number), 8));
  const writesOf = (from: number, count: number): StateWrite[] =>
    Array.from({ length: count }, (_, i) => ({ key: keyOf(from + i), value: new Uint8Array(valueBytes).fill(i) }));
  const treeHash = exchangeableHash(sha256);
  let tree = emptyStateTree(treeHash.sha256);
  for (let from = 0; from < entries; from += batchKeys) tree = tree.update(writesOf(from, batchKeys));
  tree.root();
  const batch = writesOf(entries - batchKeys / 2, batchKeys);
  const expected = tree.update(batch).root();
  const contender =
    (hash: Sha256, apply: () => StateTree): Contender =>
    () => {
      treeHash.exchange(hash);
      if (!equalBytes(apply().root(), expected)) throw new Error("a wrong root");
      return batchKeys;
    };
  const rates = await medianRates({
    batch: contender(sha256, () => tree.update(batch)),
    naive: contender(sha256, () => perKey(tree, batch)),
    naivePure: contender(pureSha256, () => perKey(tree, batch)),
  });
  const row = {
    name: `state tree, batch of ${batchKeys} in ${entries} keys`,
    unit: "keys/s",
    method: `half the keys exist, ${valueBytes}-byte values, root included and compared; ${medianOfRounds}`,
  };
  return [
    compared({ ...row, goals: atLeastTimes(5) }, rates.batch, {
      name: "key by key, @noble/hashes",
      value: rates.naivePure,
    }),
    compared(row, rates.batch, { name: "key by key, same hash", value: rates.naive }),
  ];
}
