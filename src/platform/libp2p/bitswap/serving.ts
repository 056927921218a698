/**
 * Answers wants of nodes of IPFS: what is here for everybody is sent, one block after the other, as fast as a node may have
 * them; of what is not here nothing is remembered, so who still wants it asks again.
 * @module
 */
import type { Connection, Stream } from "@libp2p/interface";
import type { NetworkHandlers } from "#node/ports.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { TokenBuckets } from "../token-buckets.ts";
import { bitswapLimits, bitswapProtocol } from "./limits.ts";
import { encodeBlock, encodePresences, type Presence, type Want } from "./messages.ts";
import { writeMessage } from "./streams.ts";

/** What serving needs of a node. */
export interface BlockSource extends Required<Pick<NetworkHandlers, "onPublicHave" | "onPublicWant">> {
  nowMs(): number;
  /** Resolves after a while, or when the network stops. */
  pause(delayMs: number): Promise<void>;
}

/** A stream that opens with the first message. */
class Answering {
  private readonly connection: Connection;
  private stream: Stream | null = null;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  async send(message: Uint8Array): Promise<void> {
    const signal = AbortSignal.timeout(bitswapLimits.sendMs);
    this.stream ??= await this.connection.newStream(bitswapProtocol, { signal });
    await writeMessage(this.stream, message, signal);
  }

  async close(): Promise<void> {
    await this.stream?.close({ signal: AbortSignal.timeout(bitswapLimits.sendMs) });
  }

  abort(error: unknown): void {
    this.stream?.abort(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Serves all nodes. */
export class Serving {
  private readonly source: BlockSource;
  /** By node: what it wants and has not been answered, by CID in hex. A node is here while it is being answered. */
  private readonly waiting = new Map<string, Map<string, Want>>();
  private readonly wantBuckets = new TokenBuckets({
    burst: bitswapLimits.wantBurst,
    perSecond: bitswapLimits.wantsPerSecond,
    names: bitswapLimits.rememberedNodes,
  });
  private readonly blockBuckets = new TokenBuckets({
    burst: bitswapLimits.blockBurst,
    perSecond: bitswapLimits.blocksPerSecond,
    names: bitswapLimits.rememberedNodes,
  });

  constructor(source: BlockSource) {
    this.source = source;
  }

  /** Takes wants in, as many as there is room for; resolves when all that wait are answered. */
  async receive(connection: Connection, wants: readonly Want[]): Promise<void> {
    const node = connection.remotePeer.toString();
    const known = this.waiting.get(node);
    const waiting = known ?? new Map<string, Want>();
    for (const want of wants) {
      const name = toHex(want.cid);
      if (want.isCancelled) waiting.delete(name);
      else if (waiting.size >= bitswapLimits.waitingWants || !this.wantBuckets.spend(node, this.source.nowMs())) break;
      else waiting.set(name, want);
    }
    if (known !== undefined || waiting.size === 0) return;
    this.waiting.set(node, waiting);
    const answering = new Answering(connection);
    try {
      while (waiting.size > 0) await this.answerSome(node, waiting, answering);
      await answering.close();
    } catch (error) {
      // It has gone, or does not read: what it wanted is forgotten.
      answering.abort(error);
    } finally {
      this.waiting.delete(node);
    }
  }

  private async answerSome(node: string, waiting: Map<string, Want>, answering: Answering): Promise<void> {
    const wants = [...waiting].slice(0, bitswapLimits.wantsAtOnce);
    const sizes = await this.source.onPublicHave(wants.flatMap(([, { digest }]) => digest ?? []));
    const known = wants.filter(([, { digest }]) => digest !== null);
    const sizeOf = new Map(known.map(([name], i) => [name, sizes[i] ?? null]));
    const presences: Presence[] = [];
    for (const [name, want] of wants) {
      const { cid, digest, justWhether, wantsNo } = want;
      // Taken back meanwhile, or wanted otherwise.
      if (waiting.get(name) !== want) continue;
      waiting.delete(name);
      const size = sizeOf.get(name) ?? null;
      if (size !== null && digest !== null && justWhether && size > bitswapLimits.smallBlockBytes) {
        presences.push({ cid, isHere: true });
        continue;
      }
      const block = size === null || digest === null ? null : await this.blockFor(node, digest);
      if (block !== null) await answering.send(encodeBlock(cid, block));
      else if (wantsNo) presences.push({ cid, isHere: false });
    }
    if (presences.length > 0) await answering.send(encodePresences(presences));
  }

  /** The block, when it is this node's turn; null if it may not be had now. */
  private async blockFor(node: string, digest: Uint8Array): Promise<Uint8Array | null> {
    const everyMs = 1_000 / bitswapLimits.blocksPerSecond;
    while (!this.blockBuckets.spend(node, this.source.nowMs())) await this.source.pause(everyMs);
    const block = await this.source.onPublicWant(digest);
    return block.ok ? block.value : null;
  }
}
