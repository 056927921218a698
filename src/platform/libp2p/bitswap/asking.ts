/**
 * Asks nodes of IPFS for blocks, one after the other, and checks what comes. A node that sends what it was not asked for is
 * kept away for a while: an altered block looks like that, and so does one that sends without end.
 * @module
 */
import type { Connection } from "@libp2p/interface";
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { putNewest } from "#protocol/newest.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { bitswapLimits, bitswapProtocol } from "./limits.ts";
import { digestOfCid, encodeWant, isSha256Block, type Presence, type SentBlock } from "./messages.ts";
import { writeMessage } from "./streams.ts";

/** What asking needs of a network. */
export interface AskedNodes {
  /** Connections to the nodes that may be asked. */
  connections(): readonly Connection[];
  /** Ends the connection and keeps the node away. */
  ban(node: string, durationMs: number, reason: string): void;
  /** Acts once after a delay; gives what takes that back. */
  after(delayMs: number, action: () => void): () => void;
}

/** How a node has answered. */
type Said = "no" | "gone" | "false";

/** A block that is being asked for. */
class Sought {
  readonly cid: Uint8Array;
  readonly name: string;
  readonly asked = new Map<string, Connection>();
  readonly said = new Map<string, Said>();
  block: Uint8Array | null = null;
  /** Called whenever something was heard. */
  onNews: () => void = () => undefined;
  readonly result: Promise<Result<Uint8Array>>;

  constructor(cid: Uint8Array, digest: Uint8Array, run: (sought: Sought) => Promise<Result<Uint8Array>>) {
    this.cid = cid;
    this.name = toHex(digest);
    this.result = Promise.resolve().then(() => run(this));
  }

  hear(node: string, said: Said): void {
    if (!this.asked.has(node) || this.said.has(node)) return;
    this.said.set(node, said);
    this.onNews();
  }
}

const noSha256 = rejected(
  "unsupported-feature",
  "Only blocks under SHA-256 are read; this address names another function.",
);

const nobody = rejected("disconnected", "No node of IPFS is connected that could be asked.");

const tooMany = rejected("rate-limited", "Too many blocks are asked for at once; try again in a moment.");

const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));

/** Asks all nodes. */
export class Asking {
  private readonly nodes: AskedNodes;
  /** By digest in hex. */
  private readonly sought = new Map<string, Sought>();
  /** By node: how often it was asked for what it has not sent yet, by digest in hex. */
  private readonly owed = new Map<string, Map<string, number>>();
  /** Blocks that came, by digest in hex, in the order in which they were last asked for. */
  private readonly kept = new Map<string, Uint8Array>();
  private keptBytes = 0;
  /** The node that gave the last block is asked first. */
  private helpful = "";

  constructor(nodes: AskedNodes) {
    this.nodes = nodes;
  }

  /** Gets a block. */
  fetch(cid: Uint8Array): Promise<Result<Uint8Array>> {
    const digest = cid.length <= bitswapLimits.cidBytes ? digestOfCid(cid) : null;
    if (digest === null) return Promise.resolve(noSha256);
    const kept = this.kept.get(toHex(digest));
    if (kept !== undefined) {
      this.keep(toHex(digest), kept);
      return Promise.resolve(accepted(kept));
    }
    const known = this.sought.get(toHex(digest));
    if (known !== undefined) return known.result;
    if (this.sought.size >= bitswapLimits.askedBlocks) return Promise.resolve(tooMany);
    const sought = new Sought(cid, digest, (one) => this.seek(one));
    this.sought.set(sought.name, sought);
    return sought.result;
  }

  /** Takes blocks that a node has sent; false if it is one to be kept away, with what it still says. */
  async takeBlocks(node: string, blocks: readonly SentBlock[]): Promise<boolean> {
    for (const block of blocks) {
      const owed = this.owed.get(node);
      // What nobody has asked for is not worth its digest.
      const isWorth = owed !== undefined && isSha256Block(block) && block.bytes.length <= bitswapLimits.blockBytes;
      const digest = isWorth ? await sha256(block.bytes) : null;
      const name = digest === null ? "" : toHex(digest);
      const times = owed?.get(name) ?? 0;
      if (digest === null || times === 0) {
        this.keepAway(node);
        return false;
      }
      if (times === 1) owed?.delete(name);
      else owed?.set(name, times - 1);
      const sought = this.sought.get(name);
      const wanted = sought === undefined ? null : digestOfCid(sought.cid);
      if (sought === undefined || wanted === null || !equalBytes(wanted, digest)) continue;
      this.helpful = node;
      // A copy of its own: the message it came in may hold others.
      sought.block = block.bytes.slice();
      this.keep(name, sought.block);
      sought.onNews();
    }
    return true;
  }

  /** Takes what a node says of blocks. */
  takePresences(node: string, presences: readonly Presence[]): void {
    for (const { cid, isHere } of presences) {
      const digest = isHere ? null : digestOfCid(cid);
      if (digest === null) continue;
      this.sought.get(toHex(digest))?.hear(node, "no");
    }
  }

  /** A node has gone. */
  forget(node: string): void {
    this.owed.delete(node);
    for (const sought of this.sought.values()) sought.hear(node, "gone");
  }

  private keep(name: string, block: Uint8Array): void {
    this.keptBytes += block.length - (this.kept.get(name)?.length ?? 0);
    this.kept.delete(name);
    this.kept.set(name, block);
    for (const [oldest, { length }] of this.kept) {
      if (this.keptBytes <= bitswapLimits.keptBytes) return;
      this.kept.delete(oldest);
      this.keptBytes -= length;
    }
  }

  private keepAway(node: string): void {
    for (const sought of this.sought.values()) sought.hear(node, "false");
    this.nodes.ban(node, bitswapLimits.banMs, "it sent a block that it was not asked for");
  }

  private async seek(sought: Sought): Promise<Result<Uint8Array>> {
    try {
      const rank = (one: Connection): number => (one.remotePeer.toString() === this.helpful ? 0 : 1);
      const nodes = this.nodes.connections().toSorted((a, b) => rank(a) - rank(b));
      for (const connection of nodes.slice(0, bitswapLimits.askedNodes)) {
        const node = connection.remotePeer.toString();
        this.ask(sought, node, connection);
        await this.news(sought, bitswapLimits.hedgeMs, () => sought.said.has(node));
        if (sought.block !== null) break;
      }
      const isOver = (): boolean => sought.said.size >= sought.asked.size;
      await this.news(sought, bitswapLimits.againMs, isOver);
      if (sought.block === null)
        for (const [node, connection] of sought.asked) if (!sought.said.has(node)) this.ask(sought, node, connection);
      await this.news(sought, bitswapLimits.askMs, isOver);
      return sought.block === null ? refusalOf(sought) : accepted(sought.block);
    } finally {
      this.sought.delete(sought.name);
      this.takeBack(sought);
    }
  }

  /** Resolves with the block, once nothing more is to be expected, or when the time is over. */
  private news(sought: Sought, withinMs: number, isOver: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        takeBack();
        sought.onNews = () => undefined;
        resolve();
      };
      const takeBack = this.nodes.after(withinMs, done);
      sought.onNews = () => {
        if (sought.block !== null || isOver()) done();
      };
      sought.onNews();
    });
  }

  private ask(sought: Sought, node: string, connection: Connection): void {
    sought.asked.set(node, connection);
    const owed = this.owed.get(node) ?? new Map<string, number>();
    this.owed.set(node, owed);
    putNewest(owed, sought.name, (owed.get(sought.name) ?? 0) + 1, bitswapLimits.entries);
    void tell(connection, encodeWant(sought.cid)).then((isTold) => {
      if (!isTold) sought.hear(node, "gone");
    });
  }

  /** Who was asked and has not answered need not look any more; its block may be on its way all the same. */
  private takeBack(sought: Sought): void {
    for (const [node, connection] of sought.asked)
      if (!sought.said.has(node) && this.owed.get(node)?.has(sought.name) === true)
        void tell(connection, encodeWant(sought.cid, true));
  }
}

/** Sends one message; false if that fails. */
async function tell(connection: Connection, message: Uint8Array): Promise<boolean> {
  const signal = AbortSignal.timeout(bitswapLimits.sendMs);
  try {
    const stream = await connection.newStream(bitswapProtocol, { signal });
    await writeMessage(stream, message, signal);
    await stream.close({ signal });
    return true;
  } catch {
    return false;
  }
}

function refusalOf({ asked, said }: Sought): Result<Uint8Array> {
  if (asked.size === 0) return nobody;
  const answers = [...said.values()];
  if (answers.includes("false"))
    return rejected(
      "wrong-digest",
      "A node of IPFS sent other bytes than were asked for; they were thrown away and it was disconnected. Connect another one with `ipfs connect`.",
    );
  const isOne = asked.size === 1;
  if (answers.filter((one) => one === "no").length === asked.size)
    return rejected(
      "not-found",
      `No peer has a part of this file, and ${isOne ? "the node of IPFS that is connected says that it has" : `all ${asked.size} nodes of IPFS that are connected say that they have`} it not. Connect one that has it with \`ipfs connect\`.`,
    );
  return rejected(
    "timeout",
    `No peer has a part of this file, and ${isOne ? "the node of IPFS that is connected did not give" : `none of ${asked.size} nodes of IPFS gave`} it in time. Try again later, or connect another one with \`ipfs connect\`.`,
  );
}
