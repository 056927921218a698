/**
 * Taking transactions in: from the shell, from gossip, from a peer's pool, from undone blocks. Verifies signatures once,
 * remembers what it verified, and keeps our own transactions through a restart.
 * @module
 */

import { outputFromState } from "#protocol/ledger/overlay.ts";
import { decodePrepared, type PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Chain, HeadChange } from "./chain.ts";
import { type Dropped, Mempool, type PoolChain } from "./mempool.ts";
import type { Clock, SignatureVerifier, Store } from "./ports.ts";

/** Own transactions kept through a restart. */
const mostKept = 1_000;

/** Tells what entered the pool and what left it unmined. */
export interface PoolEvents {
  onPooled(prepared: PreparedTransaction, from: string | null): void;
  onDropped(dropped: Dropped): void;
}

/** The pool and the way into it. */
export class PoolService {
  readonly pool: Mempool;
  private readonly chain: Chain;
  private readonly store: Store;
  private readonly verifier: SignatureVerifier;
  private readonly clock: Clock;
  private readonly events: PoolEvents;

  constructor(
    chain: Chain,
    ports: { store: Store; signatureVerifier: SignatureVerifier; clock: Clock },
    events: PoolEvents,
  ) {
    this.chain = chain;
    this.store = ports.store;
    this.verifier = ports.signatureVerifier;
    this.clock = ports.clock;
    this.events = events;
    this.pool = new Mempool(chain.context.parameters, chain.context.networkId, this.poolChain());
  }

  /** Takes a transaction in. From the shell (`from` null) it is durable before the answer. */
  async add(prepared: PreparedTransaction, from: string | null): Promise<Result<Uint8Array>> {
    if (this.pool.has(prepared.id)) return accepted(prepared.id);
    const admission = this.pool.check(prepared, from);
    if (!admission.ok) return admission;
    const { signatures } = this.chain.context;
    if (admission.value.signatureChecks.length > 0 && !signatures.has(prepared.leafHash)) {
      const good = await this.verifier.verifyBatch(admission.value.signatureChecks);
      if (!good.every(Boolean)) return rejected("bad-signature", "A signature of the transaction is wrong.");
      signatures.add(prepared.leafHash);
    }
    if (from === null) await this.store.commit([{ table: "pool", key: prepared.id, value: prepared.bytes }]);
    // The head may have moved while signatures were verified: `insert` looks at everything again.
    const inserted = this.pool.insert(prepared, from, this.clock.nowMs());
    if (!inserted.ok) {
      if (this.pool.has(prepared.id)) return accepted(prepared.id);
      if (from === null) await this.store.commit([{ table: "pool", key: prepared.id, value: null }]);
      return inserted;
    }
    this.events.onPooled(prepared, from);
    for (const dropped of inserted.value) this.events.onDropped(dropped);
    return accepted(prepared.id);
  }

  /** Brings back own transactions that a restart interrupted. */
  async restore(): Promise<void> {
    for (const [id, bytes] of await this.store.range("pool", { limit: mostKept })) {
      const prepared = decodePrepared(bytes);
      const added = prepared.ok ? await this.add(prepared.value, null) : prepared;
      if (!added.ok) await this.store.commit([{ table: "pool", key: id, value: null }]);
    }
  }

  /** Follows a move of the head. Undone transactions come back if they still apply. */
  async onHead(change: HeadChange): Promise<void> {
    const connected = change.connected.flatMap((block) => block.transactions);
    const waiting = change.disconnected.length > 0 ? this.pool.takeAll(this.poolChain()) : [];
    const dropped = [...this.pool.onBlock(connected, this.poolChain())];
    const undone = [...change.disconnected].reverse().flatMap((block) => block.transactions);
    const again = [...undone.map((prepared) => ({ prepared, from: null })), ...waiting];
    const mined = new Set(connected.map(({ leafHash }) => leafHash.join()));
    for (const { prepared, from } of again) {
      if (mined.has(prepared.leafHash.join())) continue;
      const inserted = this.pool.insert(prepared, from, this.clock.nowMs());
      if (!inserted.ok) {
        this.pool.bury(prepared.id, inserted);
        dropped.push({ id: prepared.id, refusal: inserted });
      }
    }
    dropped.push(...this.pool.dropOld(this.clock.nowMs()));
    for (const one of dropped) this.events.onDropped(one);
    if (dropped.length > 0) {
      await this.store.commit(dropped.map(({ id }) => ({ table: "pool", key: id, value: null })));
    }
  }

  private poolChain(): PoolChain {
    const { state, head } = this.chain;
    return {
      nextHeight: head.height + 1,
      source: { output: (outPoint) => outputFromState(state, outPoint), has: (key) => state.get(key) !== undefined },
    };
  }
}
