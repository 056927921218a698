/**
 * Unspent outputs by the key that owns them, kept in step with the state. Derived, never stored; built from the state
 * when it is first asked for, so that starting does not wait for it.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { decodeStoredOutput, type StateChange, type StoredOutput } from "#protocol/ledger/state.ts";
import { namespace } from "#protocol/ledger/state-key.ts";
import type { StateTree } from "#protocol/ledger/state-tree.ts";
import { openedBy } from "#protocol/ledger/succession.ts";
import { outputKind } from "#protocol/ledger/transaction.ts";
import { outPointName } from "#protocol/ledger/validation.ts";

type Coins = Map<string, Map<string, StoredOutput>>;

/** Outputs under plain key locks; a key has those of the keys it took over from, a key that was replaced has none. */
export class CoinIndex {
  private byKey: Coins | null = null;
  private readonly state: () => StateTree;

  /** `state` gives the state that the index is to stand for. */
  constructor(state: () => StateTree) {
    this.state = state;
  }

  /** Coins of one key, in no particular order. */
  coinsOf(keyHash: Uint8Array): readonly StoredOutput[] {
    return this.outputsOf(keyHash).filter(({ output }) => output.kind === outputKind.coin);
  }

  /** Leases and processes of one key, in no particular order. */
  thingsOf(keyHash: Uint8Array): readonly StoredOutput[] {
    return this.outputsOf(keyHash).filter(({ output }) => output.kind !== outputKind.coin);
  }

  /** Follows changes of the state. */
  apply(changes: readonly StateChange[]): void {
    const { byKey } = this;
    if (byKey === null) return;
    for (const { key, before, after } of changes) {
      if (key[0] !== namespace.output) continue;
      if (before !== null) edit(byKey, before, false);
      if (after !== null) edit(byKey, after, true);
    }
  }

  /** The state is another one altogether. */
  reset(): void {
    this.byKey = null;
  }

  private outputsOf(keyHash: Uint8Array): readonly StoredOutput[] {
    const byKey = this.build();
    return openedBy(this.state(), keyHash).flatMap((hash) => [...(byKey.get(toHex(hash))?.values() ?? [])]);
  }

  private build(): Coins {
    if (this.byKey !== null) return this.byKey;
    const byKey: Coins = new Map();
    for (const [, value] of this.state().entries(Uint8Array.of(namespace.output))) edit(byKey, value, true);
    this.byKey = byKey;
    return byKey;
  }
}

function edit(byKey: Coins, value: Uint8Array, add: boolean): void {
  const stored = decodeStoredOutput(value);
  if (!stored.ok) throw new Error(`the state holds a broken output: ${stored.message}`);
  const { lock } = stored.value.output;
  if (lock.type !== "key") return;
  const owner = toHex(lock.keyHash);
  const coins = byKey.get(owner) ?? new Map<string, StoredOutput>();
  const name = outPointName(stored.value.outPoint);
  if (add) coins.set(name, stored.value);
  else coins.delete(name);
  if (coins.size === 0) byKey.delete(owner);
  else byKey.set(owner, coins);
}
