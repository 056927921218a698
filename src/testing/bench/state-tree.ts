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

/** Rows for a batch of 10 000 writes, half of them on keys that exist, into a state of `entries`. */
export async function measureStateTree(entries: number): Promise<MeasuredRow[]> {
  const { sha256 } = await createSha256Kernel();
  const keyOf = (number: number): Uint8Array => sha256(bigEndian(BigInt(number), 8));
  const writesOf = (from: number, count: number): StateWrite[] =>
    Array.from({ length: count }, (_, i) => ({ key: keyOf(from + i), value: new Uint8Array(valueBytes).fill(i) }));
  let treeHash: Sha256 = sha256;
  let tree = emptyStateTree((message) => treeHash(message));
  for (let from = 0; from < entries; from += batchKeys) tree = tree.update(writesOf(from, batchKeys));
  tree.root();
  const batch = writesOf(entries - batchKeys / 2, batchKeys);
  const expected = tree.update(batch).root();
  const contender =
    (hash: Sha256, apply: () => StateTree): Contender =>
    () => {
      treeHash = hash;
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
