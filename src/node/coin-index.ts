/**
 * Unspent coins by the key that owns them, kept in step with the state. Derived, never stored.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { decodeStoredOutput, namespace, type StateChange, type StoredOutput } from "#protocol/ledger/state.ts";
import { outPointName } from "#protocol/ledger/validation.ts";

/** Coins under plain key locks. */
export class CoinIndex {
  private readonly byKey = new Map<string, Map<string, StoredOutput>>();

  /** Coins of one key, in no particular order. */
  coinsOf(keyHash: Uint8Array): readonly StoredOutput[] {
    return [...(this.byKey.get(toHex(keyHash))?.values() ?? [])];
  }

  /** Follows changes of the state. */
  apply(changes: readonly StateChange[]): void {
    for (const { key, before, after } of changes) {
      if (key[0] !== namespace.output) continue;
      if (before !== null) this.edit(before, false);
      if (after !== null) this.edit(after, true);
    }
  }

  private edit(value: Uint8Array, add: boolean): void {
    const stored = decodeStoredOutput(value);
    if (!stored.ok) throw new Error(`the state holds a broken output: ${stored.message}`);
    const { lock } = stored.value.output;
    if (lock.type !== "key") return;
    const owner = toHex(lock.keyHash);
    const coins = this.byKey.get(owner) ?? new Map<string, StoredOutput>();
    const name = outPointName(stored.value.outPoint);
    if (add) coins.set(name, stored.value);
    else coins.delete(name);
    if (coins.size === 0) this.byKey.delete(owner);
    else this.byKey.set(owner, coins);
  }
}
