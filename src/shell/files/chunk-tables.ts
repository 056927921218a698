/**
 * The chunks of a file wherever they stand: in its manifest, or in tables that are fetched when they are needed.
 * @module
 */
import { fileLimits } from "#protocol/files/limits.ts";
import { type Chunk, chunkCount, type FileManifest, type LargeManifest } from "#protocol/files/manifest.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { FileCipher } from "#sdk/files.ts";

/** Fetches what is kept whole. */
export type FetchWhole = (digest: Uint8Array) => Promise<Result<Uint8Array>>;

/** Tables in memory: pieces under way may stand in one and the next. */
const tablesAtOnce = 2;

/** Names the chunks of one file. */
export class ChunkTables {
  private readonly manifest: FileManifest;
  private readonly cipher: FileCipher;
  private readonly fetch: FetchWhole;
  private readonly tables = new Map<number, Promise<Result<readonly Chunk[]>>>();

  constructor(manifest: FileManifest, cipher: FileCipher, fetch: FetchWhole) {
    this.manifest = manifest;
    this.cipher = cipher;
    this.fetch = fetch;
  }

  /** The chunk at a place. */
  async at(place: number): Promise<Result<Chunk>> {
    const { manifest } = this;
    const number = Math.floor(place / fileLimits.chunks);
    const table = manifest.type === "file" ? accepted(manifest.chunks) : await this.table(manifest, number);
    if (!table.ok) return table;
    const chunk = table.value[place - number * fileLimits.chunks];
    return chunk === undefined ? rejected("out-of-range", "The file has no such piece.") : accepted(chunk);
  }

  /** Some chunks from a place on, as many as there are. */
  async some(from: number, count: number): Promise<Result<readonly Chunk[]>> {
    const chunks: Chunk[] = [];
    for (let place = from; place < Math.min(from + count, chunkCount(this.manifest)); place++) {
      const chunk = await this.at(place);
      if (!chunk.ok) return chunk;
      chunks.push(chunk.value);
    }
    return accepted(chunks);
  }

  private table(manifest: LargeManifest, number: number): Promise<Result<readonly Chunk[]>> {
    const known = this.tables.get(number);
    if (known !== undefined) return known;
    const table = this.open(manifest, number);
    this.tables.set(number, table);
    for (const old of this.tables.keys()) if (this.tables.size > tablesAtOnce) this.tables.delete(old);
    return table;
  }

  private async open(manifest: LargeManifest, number: number): Promise<Result<readonly Chunk[]>> {
    const link = manifest.tables[number];
    if (link === undefined) return rejected("out-of-range", "The file has no such piece.");
    const block = await this.fetch(link.digest);
    return block.ok ? this.cipher.openTable(block.value, link.key, manifest, number) : block;
  }
}
