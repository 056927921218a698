/**
 * Brings offences of voters to the chain: a transaction that needs no coins, made and stamped by this node itself.
 * @module
 */
import { fromBigEndian, toHex } from "#protocol/codec/bytes.ts";
import { culpritsOf, type OffencePair } from "#protocol/consensus/accountability.ts";
import { commitCommand } from "#protocol/ledger/command.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import {
  type Transaction,
  type TransactionBody,
  transactionId,
  transactionVersion,
} from "#protocol/ledger/transaction.ts";
import { readVoters } from "#protocol/programs/stake.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { Chain } from "../chain.ts";
import type { PoolService } from "../pool-service.ts";
import type { Entropy, NonceSearch } from "../ports.ts";
import { findStamp } from "../stamp-search.ts";

/** A report may be mined within so many blocks. */
const expiryBlocks = 100;

/** Reports remembered, so that each culprit is reported once. */
const mostReported = 1_024;

/** What reports are made with. */
export interface ReportParts {
  readonly chain: Chain;
  readonly pool: PoolService;
  readonly nonceSearch: NonceSearch;
  readonly entropy: Entropy;
}

/** Reports of one node. */
export class OffenceReports {
  private readonly parts: ReportParts;
  private readonly reported = new Set<string>();

  constructor(parts: ReportParts) {
    this.parts = parts;
  }

  /** Reports two votes that nobody may sign both, unless all who did have been reported, by whomever, or slashed. */
  async report(evidence: OffencePair): Promise<void> {
    const { chain, pool } = this.parts;
    const slashable = new Set(
      readVoters(chain.state)
        .filter(({ slashed }) => slashed === 0)
        .map(({ key }) => toHex(key)),
    );
    const isNews = (name: string): boolean => !this.reported.has(name) && !pool.pool.reports(name);
    const culprits = culpritsOf(evidence).filter((name) => slashable.has(name) && isNews(name));
    if (culprits.length === 0 || this.reported.size + culprits.length > mostReported) return;
    for (const name of culprits) this.reported.add(name);
    const stamped = await this.stamped(evidence);
    const added = stamped.ok ? await pool.add(prepareTransaction(stamped.value), null) : stamped;
    // Somebody else may have been quicker; if the pool is full, the next offence or restart tries again.
    if (!added.ok) for (const name of culprits) this.reported.delete(name);
  }

  private async stamped({ first, second }: OffencePair): Promise<Result<Transaction>> {
    const { chain, pool, entropy, nonceSearch } = this.parts;
    const command = { type: "stake.slash", first, second } as const;
    const body: TransactionBody = {
      version: transactionVersion,
      network: chain.context.networkId,
      inputs: [],
      reads: [],
      outputs: [],
      command,
      feeNano: 0n,
      expiry: chain.head.height + expiryBlocks,
      nonce: fromBigEndian(entropy.bytes(8)),
      commitment: commitCommand(command),
    };
    const stamp = await findStamp(nonceSearch, transactionId(body), pool.pool.requiredStampBits());
    return stamp.ok ? accepted({ ...body, stamp: stamp.value, witnesses: [] }) : stamp;
  }
}
