/**
 * Outputs of a key that are no coins and that nothing spends: those of the state, then those that waiting transactions make.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { OutPoint, Output } from "#protocol/ledger/transaction.ts";
import type { Chain } from "./chain.ts";
import type { Mempool } from "./mempool.ts";

/** What they are read from. */
export interface ThingSource {
  readonly chain: Chain;
  readonly pool: Mempool;
}

/** A thing that can be used. */
export interface UnspentThing<Thing> {
  readonly outPoint: OutPoint;
  readonly thing: Thing;
  /** Whether what makes it still waits for a block. */
  readonly pending: boolean;
}

/** Most things one list has. */
export const mostThings = 100;

/** A key's unspent things of a kind, oldest first. */
export function unspentThings<Thing>(
  { chain, pool }: ThingSource,
  keyHash: Uint8Array,
  read: (output: Output) => Thing | null,
): readonly UnspentThing<Thing>[] {
  const free = (outPoint: OutPoint): boolean => pool.spenderOf(outPoint) === undefined;
  const confirmed = chain.coins
    .thingsOf(keyHash)
    .filter(({ outPoint }) => free(outPoint))
    .sort((a, b) => a.height - b.height)
    .map(({ outPoint, output }) => ({ outPoint, output, pending: false }));
  const waiting = [...pool.best()].flatMap(({ prepared: { id, transaction } }) =>
    transaction.outputs.flatMap((output, index) => {
      const ours = output.lock.type === "key" && equalBytes(output.lock.keyHash, keyHash);
      const outPoint = { txId: id, index };
      return ours && free(outPoint) ? [{ outPoint, output, pending: true }] : [];
    }),
  );
  return [...confirmed, ...waiting]
    .flatMap(({ outPoint, output, pending }) => {
      const thing = read(output);
      return thing === null ? [] : [{ outPoint, thing, pending }];
    })
    .slice(0, mostThings);
}
