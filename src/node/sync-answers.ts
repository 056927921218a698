/**
 * Answers to peers' requests of the synchronisation protocol. Reads only; every answer is bounded by count and bytes.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import {
  type ChainStatus,
  decodeSyncRequest,
  type SyncRequest,
  syncAnswers,
  syncLimits,
} from "#protocol/messages/sync.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Chain } from "./chain.ts";
import { workBytes } from "./chain-records.ts";
import { FinalityProofs } from "./finality-proofs.ts";
import type { PoolService } from "./pool-service.ts";
import type { Clock } from "./ports.ts";
import type { ServingBudget } from "./serving-budget.ts";
import { SnapshotOffers, type SnapshotRules } from "./snapshot-offers.ts";
import type { Voting } from "./voting/voting.ts";

/** What answers are made of. */
export interface SyncAnswersParts {
  readonly chain: Chain;
  readonly pool: PoolService;
  readonly clock: Clock;
  readonly rules: SnapshotRules;
  readonly voting: Pick<Voting, "finalityAnswer" | "votesAnswer">;
  readonly serving: ServingBudget;
}

/** Small, and what keeps nodes together: never put off. */
const unbudgeted: ReadonlySet<SyncRequest["type"]> = new Set([
  "status",
  "finality",
  "electorate",
  "decision",
  "votes",
] as const);

/** The newest blocks are never put off: whoever is told of one asks for it. */
const newestBlocks = 2;

/** Where this node stands. */
export function statusOf({ head, context, reader, finality }: Chain): ChainStatus {
  return {
    networkId: context.networkId,
    head: head.hash,
    height: head.height,
    totalWork: workBytes(head.totalWork),
    bodiesFrom: reader.kept.bodiesFrom,
    justifiedEpoch: finality.justified.epoch,
    finalisedHeight: finality.finalised.height,
  };
}

/** The answering side of synchronisation. */
export class SyncAnswers {
  private readonly parts: SyncAnswersParts;
  private readonly offers: SnapshotOffers;
  /** What can be shown of finality. */
  readonly proofs: FinalityProofs;

  constructor(parts: SyncAnswersParts) {
    this.parts = parts;
    this.offers = new SnapshotOffers(parts.chain, parts.rules);
    this.proofs = new FinalityProofs(parts.chain);
  }

  /** Answers a peer's request. */
  async answer(request: Uint8Array): Promise<Result<Uint8Array>> {
    const receivedAtMs = this.parts.clock.nowMs();
    const decoded = decodeSyncRequest(request);
    if (!decoded.ok) return decoded;
    const { serving } = this.parts;
    const refusal = (await this.canWait(decoded.value)) ? serving.refusal() : null;
    if (refusal !== null) return refusal;
    const answer = await this.answerTo(decoded.value, receivedAtMs);
    if (answer.ok) serving.note(answer.value.length);
    return answer;
  }

  private async canWait(asked: SyncRequest): Promise<boolean> {
    if (unbudgeted.has(asked.type)) return false;
    if (asked.type !== "bodies" || asked.hashes.length > 1) return true;
    const { chain } = this.parts;
    const [entry] = await Promise.all(asked.hashes.map((hash) => chain.reader.find(hash)));
    return entry === undefined || entry.height + newestBlocks <= chain.head.height;
  }

  private async answerTo(asked: SyncRequest, receivedAtMs: number): Promise<Result<Uint8Array>> {
    const { chain, pool, clock } = this.parts;
    switch (asked.type) {
      case "status":
        if (!equalBytes(asked.status.networkId, chain.context.networkId)) {
          return rejected("wrong-network", "This node is on another network.");
        }
        return accepted(syncAnswers.status.encode({ status: statusOf(chain), receivedAtMs, sentAtMs: clock.nowMs() }));
      case "headers":
        return accepted(syncAnswers.headers.encode(await chain.reader.headersAfter(asked.locator, asked.count)));
      case "bodies":
        return this.bodies(asked.hashes);
      case "pool":
        return accepted(syncAnswers.pool.encode(this.poolIds(asked.after, asked.count)));
      case "transactions": {
        const found = asked.ids.map((id) => pool.pool.get(id)?.prepared.bytes).filter((bytes) => bytes !== undefined);
        return accepted(syncAnswers.transactions.encode(withinBytes(found)));
      }
      case "snapshots":
        return accepted(syncAnswers.snapshots.encode(await this.offers.list(asked.count)));
      case "snapshot-plan": {
        const snapshot = await this.offers.open(asked.block);
        return snapshot.ok ? accepted(syncAnswers["snapshot-plan"].encode(snapshot.value.plan)) : snapshot;
      }
      case "snapshot-part": {
        const snapshot = await this.offers.open(asked.block);
        if (!snapshot.ok) return snapshot;
        const part = snapshot.value.part(asked.part);
        if (part === undefined) return rejected("not-found", "The snapshot has no such part.");
        return accepted(syncAnswers["snapshot-part"].encode(part));
      }
      case "finality":
        return accepted(syncAnswers.finality.encode(this.parts.voting.finalityAnswer()));
      case "electorate": {
        const proof = await this.proofs.electorate(asked.block);
        return proof.ok ? accepted(syncAnswers.electorate.encode(proof.value)) : proof;
      }
      case "decision":
        return accepted(syncAnswers.decision.encode({ finalised: await this.proofs.decision(asked.block) }));
      case "votes":
        return accepted(syncAnswers.votes.encode(this.parts.voting.votesAnswer(asked.link, asked.known)));
    }
  }

  private async bodies(hashes: readonly Uint8Array[]): Promise<Result<Uint8Array>> {
    const { reader } = this.parts.chain;
    const found: Uint8Array[] = [];
    let sizeBytes = 0;
    for (const hash of hashes) {
      const bytes = await reader.body(hash);
      if (bytes === undefined || sizeBytes + bytes.length > syncLimits.responseBytes) break;
      sizeBytes += bytes.length;
      found.push(bytes);
    }
    const first = found.length === 0 ? await reader.find(hashes[0] as Uint8Array) : undefined;
    const why = first === undefined ? null : await reader.bodyOrWhy(first);
    return why !== null && !why.ok ? why : accepted(syncAnswers.bodies.encode(found));
  }

  private poolIds(after: Uint8Array, count: number): readonly Uint8Array[] {
    const from = toHex(after);
    const ids = [...this.parts.pool.pool.best()].map(({ prepared }) => prepared.id);
    const sorted = ids.map((id) => [toHex(id), id] as const).sort((a, b) => (a[0] < b[0] ? -1 : 1));
    return sorted
      .filter(([name]) => name > from || after.length === 0)
      .slice(0, count)
      .map(([, id]) => id);
  }
}

function withinBytes(list: readonly Uint8Array[]): readonly Uint8Array[] {
  let sizeBytes = 0;
  return list.filter((bytes) => {
    sizeBytes += bytes.length;
    return sizeBytes <= syncLimits.responseBytes;
  });
}
