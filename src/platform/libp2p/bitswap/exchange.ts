/**
 * Bitswap with nodes of IPFS, loaded with the first of them: what they want is answered, what they send is taken if it was
 * asked for.
 * @module
 */
import type { Connection, Stream } from "@libp2p/interface";
import type { Result } from "#protocol/result.ts";
import { TokenBuckets } from "../token-buckets.ts";
import { type AskedNodes, Asking } from "./asking.ts";
import { bitswapLimits } from "./limits.ts";
import { type BitswapMessage, decodeMessage } from "./messages.ts";
import { type BlockSource, Serving } from "./serving.ts";
import { readMessages, Unfinished } from "./streams.ts";

/** Messages of a node cost at least so much: as many a second as it may want blocks. */
const messagePace = { burst: bitswapLimits.wantBurst, perSecond: bitswapLimits.wantsPerSecond } as const;

/** The exchange of one network. */
export class BitswapExchange {
  private readonly source: BlockSource;
  private readonly serving: Serving;
  private readonly asking: Asking;
  private readonly unfinished = new Unfinished();
  private readonly messages = new TokenBuckets({ ...messagePace, names: bitswapLimits.rememberedNodes });

  constructor(nodes: AskedNodes, source: BlockSource) {
    this.source = source;
    this.serving = new Serving(source);
    this.asking = new Asking(nodes);
  }

  /** Gets a block by its CID's bytes. */
  fetch(cid: Uint8Array): Promise<Result<Uint8Array>> {
    return this.asking.fetch(cid);
  }

  /** A node has gone. */
  forget(node: string): void {
    this.asking.forget(node);
  }

  /** Reads a stream that a node has opened, to its end. Never throws. */
  async read(stream: Stream, connection: Connection): Promise<void> {
    const node = connection.remotePeer.toString();
    try {
      for await (const bytes of readMessages(stream, node, this.unfinished)) {
        if (!this.messages.spend(node, this.source.nowMs())) throw new Error("too many messages");
        const message = decodeMessage(bytes);
        if (!message.ok) throw new Error(message.message);
        if (!(await this.take(connection, node, message.value))) throw new Error("it sent what nobody asked for");
      }
      await stream.close({ signal: AbortSignal.timeout(bitswapLimits.sendMs) });
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private async take(connection: Connection, node: string, message: BitswapMessage): Promise<boolean> {
    // Answers go over a stream of their own and at their own pace.
    if (message.wants.length > 0) void this.serving.receive(connection, message.wants);
    this.asking.takePresences(node, message.presences);
    return this.asking.takeBlocks(node, message.blocks);
  }
}
