/**
 * Blocks of public files for the seed's `/ipfs/`: from what it keeps, and from keepers that it is connected to, each checked,
 * within the traffic that the seed may use. What was just there, or just nowhere, is not asked for again.
 * @module
 */
import type { CID } from "multiformats/cid";
import { blockKey } from "#interchange/content-id.ts";
import { checkedBlocks, type FetchBlock } from "#interchange/gateway/public-files.ts";
import { type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { FileRequests } from "#sdk/files.ts";
import type { IpfsRequests } from "#sdk/ipfs.ts";
import { publicFetch } from "#sdk/whole-blocks.ts";
import type { ServingBudget } from "../node/serving-budget.ts";
import { seedLimits } from "./limits.ts";

/** Where blocks come from. */
export interface BlockSources {
  readonly node: Pick<FileRequests & IpfsRequests, "fetchStripe" | "ipfsBlock">;
  /** The seed's traffic for others. */
  readonly serving: Pick<ServingBudget, "refusal" | "note">;
  nowMs(): number;
}

const tooSlow = rejected("timeout", "Nobody handed over a part of it in time; try again later.");

const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));

/** The same, or a refusal once it takes too long; it goes on all the same. */
function inTime<T>(done: Promise<Result<T>>): Promise<Result<T>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(tooSlow), seedLimits.gatewayBlockMs);
    done.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The blocks of one seed. */
export class PublicBlocks {
  private readonly sources: BlockSources;
  private readonly checked: FetchBlock;
  /** In the order in which they were last asked for. */
  private readonly kept = new Map<string, Uint8Array>();
  private keptBytes = 0;
  private readonly misses = new Map<string, { readonly untilMs: number; readonly refused: Rejected }>();
  private readonly underWay = new Map<string, Promise<Result<Uint8Array>>>();

  constructor(sources: BlockSources) {
    this.sources = sources;
    const fetch = publicFetch(sources.node);
    this.checked = checkedBlocks((cid) => inTime(fetch(cid)), sha256);
  }

  /** Gets one. */
  async get(cid: CID): Promise<Result<Uint8Array>> {
    const block = await this.find(cid);
    if (block.ok) this.sources.serving.note(block.value.length);
    return block;
  }

  /** Why nothing may be handed over just now; null if it may. What has begun goes on: half a file helps nobody. */
  refusal(): Rejected | null {
    return this.sources.serving.refusal();
  }

  private async find(cid: CID): Promise<Result<Uint8Array>> {
    const key = blockKey(cid);
    const kept = this.kept.get(key);
    if (kept !== undefined) {
      this.keep(key, kept);
      return { ok: true, value: kept };
    }
    const miss = this.misses.get(key);
    if (miss !== undefined && miss.untilMs > this.sources.nowMs()) return miss.refused;
    const known = this.underWay.get(key);
    if (known !== undefined) return known;
    const coming = this.fetch(cid, key).finally(() => this.underWay.delete(key));
    this.underWay.set(key, coming);
    return coming;
  }

  private async fetch(cid: CID, key: string): Promise<Result<Uint8Array>> {
    const block = await this.checked(cid);
    if (block.ok) this.keep(key, block.value);
    else this.miss(key, block);
    return block;
  }

  private keep(key: string, block: Uint8Array): void {
    this.misses.delete(key);
    this.keptBytes -= this.kept.get(key)?.length ?? 0;
    this.kept.delete(key);
    this.kept.set(key, block);
    this.keptBytes += block.length;
    for (const [oldest, { length }] of this.kept) {
      if (this.keptBytes <= seedLimits.gatewayCacheBytes) return;
      this.kept.delete(oldest);
      this.keptBytes -= length;
    }
  }

  private miss(key: string, refused: Rejected): void {
    this.misses.delete(key);
    this.misses.set(key, { untilMs: this.sources.nowMs() + seedLimits.gatewayMissMs, refused });
    const [oldest] = this.misses.keys();
    if (this.misses.size > seedLimits.gatewayMisses && oldest !== undefined) this.misses.delete(oldest);
  }
}
