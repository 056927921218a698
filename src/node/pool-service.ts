/**
 * Taking transactions in: from the shell, from gossip, from a peer's pool, from undone blocks. Verifies signatures once,
 * remembers what it verified, and keeps our own transactions, and what they build on, through a restart.
 * @module
 */

import type { BlsVerifier } from "#protocol/crypto/bls-check.ts";
import { decodePrepared, type PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { maybeMined } from "#sdk/standing.ts";
import type { Chain, HeadChange } from "./chain.ts";
import { type Admission, type Dropped, Mempool, type PoolChain, poolChainAt } from "./mempool.ts";
import { poolLimits } from "./pool-admission.ts";
import type { Clock, SignatureVerifier, Store, Write } from "./ports.ts";

/** Tells what entered the pool and what left it unmined. */
export interface PoolEvents {
  onPooled(prepared: PreparedTransaction, from: string | null): void;
  /** It was in a block that has been undone, and waits again. */
  onReturned(prepared: PreparedTransaction): void;
  onDropped(dropped: Dropped): void;
}

const keep = ({ id, bytes }: PreparedTransaction): Write => ({ table: "pool", key: id, value: bytes });
const forget = (id: Uint8Array): Write => ({ table: "pool", key: id, value: null });

/** The pool and the way into it. */
export class PoolService {
  readonly pool: Mempool;
  private readonly chain: Chain;
  private readonly store: Store;
  private readonly verifier: SignatureVerifier;
  private readonly votes: BlsVerifier;
  private readonly clock: Clock;
  private readonly events: PoolEvents;
  /** Dropped between two moves of the head; their records, if any, go with the next. */
  private gone: Uint8Array[] = [];

  constructor(
    chain: Chain,
    ports: { store: Store; signatureVerifier: SignatureVerifier; votes: BlsVerifier; clock: Clock },
    events: PoolEvents,
  ) {
    this.chain = chain;
    this.store = ports.store;
    this.verifier = ports.signatureVerifier;
    this.votes = ports.votes;
    this.clock = ports.clock;
    this.events = events;
    this.pool = new Mempool(chain.context.parameters, chain.context.networkId, this.poolChain());
  }

  /** Takes a transaction in. From the shell (`from` null) it is durable before the answer, with what it builds on. */
  async add(prepared: PreparedTransaction, from: string | null): Promise<Result<Uint8Array>> {
    if (this.pool.has(prepared.id)) {
      // A peer may have brought our own transaction back before us.
      if (from === null) await this.store.commit([keep(prepared)]);
      return accepted(prepared.id);
    }
    const admission = await this.admit(prepared, from);
    if (!admission.ok) return admission;
    if (from === null) await this.store.commit([...admission.value.ancestors.map(keep), keep(prepared)]);
    const inserted = this.insert(prepared, from);
    if (!inserted.ok && from === null) await this.store.commit([forget(prepared.id)]);
    return inserted;
  }

  /** Brings back own transactions that a restart interrupted, in whatever order they are stored. */
  async restore(): Promise<void> {
    const unseen = this.chain.reader.kept.bodiesFrom > 1;
    let waiting: PreparedTransaction[] = [];
    for (const [id, bytes] of await this.store.range("pool", { limit: poolLimits.entries })) {
      const prepared = decodePrepared(bytes);
      if (prepared.ok) waiting.push(prepared.value);
      else this.gone.push(id);
    }
    // Parents may come after their children: as long as one gets in, the others are tried again.
    for (let left = Number.POSITIVE_INFINITY; waiting.length < left; ) {
      left = waiting.length;
      const again: PreparedTransaction[] = [];
      for (const prepared of waiting) {
        const admission = await this.admit(prepared, null);
        const added = admission.ok ? this.insert(prepared, null) : admission;
        if (added.ok) continue;
        const why = unseen ? this.pool.excuse(prepared, added) : added;
        if (["missing-output", "already-included", maybeMined].includes(why.code)) again.push(prepared);
        else this.drop([this.pool.bury(prepared.id, added)]);
      }
      waiting = again;
    }
    const places = await this.store.getMany(
      "transactions",
      waiting.map(({ id }) => id),
    );
    for (const [i, prepared] of waiting.entries()) {
      const { id } = prepared;
      if (places[i] !== undefined || this.pool.isMined(prepared)) {
        this.gone.push(id);
        continue;
      }
      const lost = rejected(
        "missing-output",
        "What it spends is not in the chain any more, nor waits for a block here.",
      );
      this.drop([this.pool.bury(id, unseen ? this.pool.excuse(prepared, lost) : lost)]);
    }
    await this.tidy();
  }

  /** Follows a move of the head. Undone transactions come back if they still apply; the chain has stored them already. */
  async onHead(change: HeadChange): Promise<void> {
    const mined = change.connected.flatMap((block) => block.transactions);
    if (change.disconnected.length === 0 && change.replaced === null) {
      this.drop(this.pool.onBlock(mined, this.poolChain()));
    } else {
      const undone = [...change.disconnected].reverse().flatMap((block) => block.transactions);
      const moved = { undone, mined, unseen: change.replaced !== null };
      const outcome = this.pool.onReorganisation(moved, this.poolChain(), this.clock.nowMs());
      this.drop(outcome.dropped);
      for (const prepared of outcome.returned) this.events.onReturned(prepared);
    }
    this.drop(this.pool.dropOld(this.clock.nowMs()));
    await this.tidy();
  }

  /** Looks again at what a block builder could not use; what is not valid any more goes, and its owner hears why. */
  review(entries: readonly PreparedTransaction[]): void {
    this.drop(this.pool.review(entries));
  }

  /** Everything about entering but the entering: the head may move while signatures are verified. */
  private async admit(prepared: PreparedTransaction, from: string | null): Promise<Result<Admission>> {
    const admission = this.pool.check(prepared, from);
    if (!admission.ok) return admission;
    const { signatures } = this.chain.context;
    const { signatureChecks, voteChecks } = admission.value;
    if (signatureChecks.length + voteChecks.length > 0 && !signatures.has(prepared.leafHash)) {
      const good = signatureChecks.length === 0 ? [] : await this.verifier.verifyBatch(signatureChecks);
      const goodVotes = voteChecks.length === 0 || !good.every(Boolean) ? [] : await this.votes.verifyBatch(voteChecks);
      if (!good.every(Boolean) || !goodVotes.every(Boolean)) {
        return rejected("bad-signature", "A signature of the transaction is wrong.");
      }
      signatures.add(prepared.leafHash);
    }
    return admission;
  }

  private insert(prepared: PreparedTransaction, from: string | null): Result<Uint8Array> {
    if (this.pool.has(prepared.id)) return accepted(prepared.id);
    const inserted = this.pool.insert(prepared, from, this.clock.nowMs());
    if (!inserted.ok) return inserted;
    this.drop(inserted.value);
    this.events.onPooled(prepared, from);
    return accepted(prepared.id);
  }

  private drop(dropped: readonly Dropped[]): void {
    for (const one of dropped) {
      this.gone.push(one.id);
      this.events.onDropped(one);
    }
  }

  private async tidy(): Promise<void> {
    // A dropped transaction may have been sent again meanwhile.
    const gone = this.gone.filter((id) => !this.pool.has(id));
    this.gone = [];
    if (gone.length > 0) await this.store.commit(gone.map(forget));
  }

  private poolChain(): PoolChain {
    return poolChainAt(this.chain.state, this.chain.head.height + 1);
  }
}
