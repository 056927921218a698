/**
 * Rows that find transactions again: where each is, which one stopped a process, and which processes of a key were
 * stopped. Derived from the blocks that are kept, so they come and go with these.
 * @module
 */
import { bigEndian, concatBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { records } from "./chain-records.ts";
import type { Store, Write } from "./ports.ts";

/** Key of the id of the transaction that stopped a process; no transaction can have it as its id. */
function stopKey(processId: Uint8Array): Uint8Array {
  return taggedHash("aether/process-stop/1", processId);
}

/** Front of the keys of a key's stopped processes; height and place follow, so that they are in order. */
function stoppedPrefix(keyHash: Uint8Array): Uint8Array {
  return taggedHash("aether/processes-of/1", keyHash).subarray(0, 20);
}

function stopRows({ id, transaction }: PreparedTransaction, height: number, index: number): [Uint8Array, Uint8Array][] {
  const started = transaction.inputs[0];
  const owner = transaction.witnesses[0]?.signatures[0]?.publicKey;
  if (transaction.command.type !== "process.stop" || started === undefined || owner === undefined) return [];
  const place = concatBytes(stoppedPrefix(keyHashOf(owner)), bigEndian(height, 8), bigEndian(index, 4));
  return [
    [stopKey(started.txId), id],
    [place, id],
  ];
}

/** Rows of a block's transactions. */
export function transactionWrites(
  transactions: readonly PreparedTransaction[],
  { hash, height }: { readonly hash: Uint8Array; readonly height: number },
): Write[] {
  return transactions.flatMap((prepared, index): Write[] => [
    { table: "transactions", key: prepared.id, value: records.place.encode({ blockHash: hash, index }) },
    ...stopRows(prepared, height, index).map(([key, value]): Write => ({ table: "transactions", key, value })),
  ]);
}

/** Forgets them. */
export function forgetTransactions(transactions: readonly PreparedTransaction[], height: number): Write[] {
  return transactions.flatMap((prepared, index): Write[] => [
    { table: "transactions", key: prepared.id, value: null },
    ...stopRows(prepared, height, index).map(([key]): Write => ({ table: "transactions", key, value: null })),
  ]);
}

/** Id of the transaction in a kept block that stopped a process. */
export function stopOf(store: Pick<Store, "get">, processId: Uint8Array): Promise<Uint8Array | undefined> {
  return store.get("transactions", stopKey(processId));
}

/** Ids of the newest stops by a key, newest first. */
export async function newestStops(
  store: Pick<Store, "range">,
  keyHash: Uint8Array,
  limit: number,
): Promise<readonly Uint8Array[]> {
  const prefix = stoppedPrefix(keyHash);
  const to = concatBytes(prefix, new Uint8Array(12).fill(0xff));
  const rows = await store.range("transactions", { from: prefix, to, limit, reverse: true });
  return rows.map(([, id]) => id);
}
