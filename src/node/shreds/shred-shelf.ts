/**
 * Shreds for those who ask: of blocks in the making what has come, of blocks that are here any. Making them of a stored
 * body takes as long as checking it did, so only the newest are kept ready, and others are made at a bounded pace.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { decodeBlock, encodeContents } from "#protocol/ledger/block.ts";
import { putNewest } from "#protocol/newest.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type Shred, type ShreddedBody, shredBody } from "#protocol/shreds/shreds.ts";
import type { Chain } from "../chain.ts";
import type { Clock } from "../ports.ts";

/** Bounds of what is kept ready. */
export const shelfLimits = {
  /** Blocks in shreds, 2 MiB each at most. */
  ready: 4,
  /** Another block is cut at most this often: a tenth of a second's work each time. */
  cutEveryMs: 500,
} as const;

/** The shreds that a node can give away. */
export class ShredShelf {
  private readonly reader: Pick<Chain["reader"], "body">;
  private readonly clock: Pick<Clock, "nowMs">;
  private readonly ready = new Map<string, ShreddedBody>();
  private cutAtMs = Number.NEGATIVE_INFINITY;

  constructor(reader: Pick<Chain["reader"], "body">, clock: Pick<Clock, "nowMs">) {
    this.reader = reader;
    this.clock = clock;
  }

  /** Cuts a body that is wanted soon: our own block's. */
  cut(name: string, body: Uint8Array): ShreddedBody {
    const shredded = shredBody(body);
    putNewest(this.ready, name, shredded, shelfLimits.ready);
    return shredded;
  }

  /** Shreds of a block that is here. */
  async of(hash: Uint8Array, indices: readonly number[]): Promise<Result<readonly Shred[]>> {
    const name = toHex(hash);
    const ready = this.ready.get(name);
    if (ready !== undefined) return accepted(indices.flatMap((index) => ready.shreds[index] ?? []));
    const bytes = await this.reader.body(hash);
    const block = bytes === undefined ? undefined : decodeBlock(bytes);
    if (!block?.ok || block.value.header.shreds === null)
      return rejected("not-found", "This node has no shreds of that block.");
    const nowMs = this.clock.nowMs();
    if (nowMs - this.cutAtMs < shelfLimits.cutEveryMs && !this.ready.has(name))
      return rejected("rate-limited", "This node cuts other blocks now; ask again later, or another.");
    this.cutAtMs = nowMs;
    const { shreds } = this.cut(name, encodeContents(block.value));
    return accepted(indices.flatMap((index) => shreds[index] ?? []));
  }
}
