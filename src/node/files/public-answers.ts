/**
 * What nodes that are none of ours may have of the blocks that lie here: those that somebody has left for everybody, and
 * nothing else, within the traffic that the user allows.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { BlockShelf } from "./block-shelf.ts";
import type { FileNode } from "./shard-answers.ts";

const notPublic = rejected("not-found", "No block of that digest is here for everybody.");

/** Answers of one node. */
export class PublicAnswers {
  private readonly node: Pick<FileNode, "resources">;
  private readonly shelf: BlockShelf;

  constructor(node: Pick<FileNode, "resources">, shelf: BlockShelf) {
    this.node = node;
    this.shelf = shelf;
  }

  /** How many bytes each of some blocks has; null for one that is not here for everybody. */
  sizes(digests: readonly Uint8Array[]): readonly (number | null)[] {
    return digests.map((digest) => this.shelf.publicSize(digest));
  }

  /** Gives a block. */
  async give(digest: Uint8Array): Promise<Result<Uint8Array>> {
    if (this.shelf.publicSize(digest) === null) return notPublic;
    const { serving } = this.node.resources;
    const refusal = serving.refusal();
    if (refusal !== null) return refusal;
    const [block = null] = await this.shelf.find([digest]);
    if (block === null) return notPublic;
    serving.note(block.length);
    return accepted(block);
  }
}
