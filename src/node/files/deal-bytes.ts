/**
 * The bytes of storage deals as they lie on the shelf. A deal's bytes are hashed whole once: what is on the shelf lies there by
 * its digest, so it stays the same bytes as long as it is there. An audit reads the mebibyte around each leaf that it draws.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import {
  AuditHasher,
  type AuditLeaf,
  type AuditTree,
  auditGroupSpan,
  auditLeafOf,
} from "#protocol/files/audit-tree.ts";
import type { StorageDeal } from "#protocol/programs/storage-deals.ts";
import { inParts } from "../lists.ts";
import type { BlockShelf } from "./block-shelf.ts";
import type { DealList } from "./deal-lists.ts";

type Digests = DealList["digests"];
type Deal = Pick<StorageDeal, "id" | "bytes" | "root">;

/** Blocks that are in memory at once. */
const blocksAtOnce = 8;

/** Groups of leaves of which the hashes are remembered: those of 64 GiB. What is asked for least lately goes first. */
const mostGroups = 65_536;

/** What hashing a deal's bytes has told. */
interface Hashed {
  readonly tree: AuditTree;
  /** Where each block begins among the deal's bytes. */
  readonly starts: readonly number[];
}

/** Reads and hashes what deals are about. */
export class DealBytes {
  private readonly shelf: Pick<BlockShelf, "which" | "find">;
  /** By the deal's id in hexadecimal, asked for last at the end. */
  private readonly hashed = new Map<string, Hashed>();
  private groups = 0;

  constructor(shelf: Pick<BlockShelf, "which" | "find">) {
    this.shelf = shelf;
  }

  /** How many of these blocks are not here. */
  missing(digests: Digests): number {
    return this.shelf.which(digests).filter((here) => here === 0).length;
  }

  /** Whether these blocks, in this order, are here and are the bytes that the deal names. */
  async are(deal: Deal, digests: Digests): Promise<boolean> {
    return (await this.hash(deal, digests)) !== null;
  }

  /** Shows leaves by their numbers, with their paths; null if they are not all here. */
  async show(deal: Deal, digests: Digests, wanted: readonly number[]): Promise<readonly AuditLeaf[] | null> {
    const hashed = await this.hash(deal, digests);
    if (hashed === null) return null;
    const shown: AuditLeaf[] = [];
    for (const index of wanted) {
      const group = await this.stretch(digests, hashed.starts, auditGroupSpan(deal.bytes, index));
      if (group === null) return null;
      shown.push(auditLeafOf(hashed.tree, index, group));
    }
    return shown;
  }

  /** Forgets what was told of a deal that is over. */
  forget(id: Uint8Array): void {
    const name = toHex(id);
    this.groups -= this.hashed.get(name)?.tree.groups.length ?? 0;
    this.hashed.delete(name);
  }

  private async hash(deal: Deal, digests: Digests): Promise<Hashed | null> {
    const name = toHex(deal.id);
    const known = this.hashed.get(name) ?? (await this.read(deal, digests));
    if (known === null) return null;
    this.forget(deal.id);
    this.hashed.set(name, known);
    this.groups += known.tree.groups.length;
    for (const [other, { tree }] of this.hashed) {
      if (this.groups <= mostGroups || other === name) break;
      this.groups -= tree.groups.length;
      this.hashed.delete(other);
    }
    return known;
  }

  private async read(deal: Deal, digests: Digests): Promise<Hashed | null> {
    const hasher = new AuditHasher();
    const starts: number[] = [];
    let at = 0;
    for (const some of inParts(digests, blocksAtOnce)) {
      for (const block of await this.shelf.find(some)) {
        // Whoever names too much has no more of it hashed than the deal pays for.
        if (block === null || at + block.length > deal.bytes) return null;
        hasher.add(block);
        starts.push(at);
        at += block.length;
      }
    }
    const tree = hasher.finish();
    return tree.bytes === deal.bytes && equalBytes(tree.root, deal.root) ? { tree, starts } : null;
  }

  private async stretch(
    digests: Digests,
    starts: readonly number[],
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<Uint8Array | null> {
    const after = starts.findIndex((start) => start >= to);
    const end = after === -1 ? starts.length : after;
    const begin = Math.max(
      0,
      starts.findLastIndex((start) => start <= from),
    );
    const blocks = await this.shelf.find(digests.slice(begin, end));
    const bytes = new Uint8Array(to - from);
    for (const [i, block] of blocks.entries()) {
      if (block === null) return null;
      const at = (starts[begin + i] ?? 0) - from;
      const part = block.subarray(Math.max(0, -at), Math.max(0, to - from - at));
      bytes.set(part, Math.max(0, at));
    }
    return bytes;
  }
}
