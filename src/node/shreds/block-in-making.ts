/**
 * A block of which shreds come in, until there are enough for its body.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { Header } from "#protocol/consensus/header.ts";
import { type Block, decodeContents } from "#protocol/ledger/block.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { checkShred, joinShreds, type Shred, shredCode } from "#protocol/shreds/shreds.ts";
import { bodyOf } from "../chain-history.ts";

/** Shreds of one block. What is in here was checked. */
export class BlockInMaking {
  readonly header: Header;
  readonly hash: Uint8Array;
  readonly name: string;
  private readonly root: Uint8Array;
  private readonly shreds = new Map<number, Shred>();
  /** Resolves once the block is taken in or nothing more is expected. */
  readonly over: Promise<void>;
  /** Ends the waiting. */
  readonly end: () => void;
  /** Whether enough were there, or the block came in another way: what comes later is only passed on. */
  joined = false;

  constructor(header: Header, root: Uint8Array, hash: Uint8Array) {
    this.header = header;
    this.root = root;
    this.hash = hash;
    this.name = toHex(hash);
    let end = (): void => undefined;
    this.over = new Promise((resolve) => {
      end = resolve;
    });
    this.end = end;
  }

  /** How the body is cut; null while no shred has come. */
  private get bodyBytes(): number | null {
    return this.shreds.values().next().value?.bodyBytes ?? null;
  }

  /** How many are lacking; null while no shred has said how many there are. */
  get lacking(): number | null {
    return this.bodyBytes === null ? null : shredCode(this.bodyBytes).data - this.shreds.size;
  }

  /** Numbers of the shreds that are not here; the first alone while no shred has said how many there are. */
  missing(): readonly number[] {
    const code = this.bodyBytes === null ? null : shredCode(this.bodyBytes);
    const count = code === null ? 1 : code.data + code.parity;
    return Array.from({ length: count }, (_, i) => i).filter((index) => !this.shreds.has(index));
  }

  get(index: number): Shred | undefined {
    return this.shreds.get(index);
  }

  /** Takes a shred: true if it is new; refused if it is none of this block's. */
  add(shred: Shred): Result<boolean> {
    if (this.shreds.has(shred.index)) return accepted(false);
    const wrong = checkShred(this.root, shred);
    if (wrong !== null) return wrong;
    this.shreds.set(shred.index, shred);
    return accepted(true);
  }

  /** The block, once enough are here. A refusal is the block's own fault: no other shreds could mend it. */
  join(): Result<Block> {
    const bodyBytes = this.bodyBytes ?? 0;
    const code = shredCode(bodyBytes);
    const pieces = Array.from({ length: code.data + code.parity }, (_, i) => this.shreds.get(i)?.bytes ?? null);
    const body = joinShreds(this.root, bodyBytes, pieces);
    if (!body.ok) return body;
    const contents = decodeContents(body.value);
    if (!contents.ok) return foreign(contents);
    const block = { header: this.header, ...contents.value };
    const named = bodyOf(block);
    return named.ok ? accepted(block) : foreign(named);
  }
}

function foreign({ message }: Rejected): Rejected {
  return rejected("wrong-shreds", `The header names shreds of what is not its body: it can never be valid. ${message}`);
}
