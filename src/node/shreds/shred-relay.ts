/**
 * Carrying long bodies: each shred goes to one peer of its producer and on along a tree (shred-tree.ts), checked against the
 * header's root before it is passed on; any half of them makes the block. What is lacking when the header has come by gossip
 * and some time has passed is asked for, of others first and then of who told. So a producer uploads its body some twice,
 * however many there are.
 *
 * Only shreds under a header that is worth its block are looked at: who would fill memory pays with work.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { type Header, headerHash } from "#protocol/consensus/header.ts";
import { type Block, encodeContents } from "#protocol/ledger/block.ts";
import {
  decodeShredRequest,
  encodeShredRequest,
  type ShredRequest,
  shredAnswers,
  shredMessageLimits,
} from "#protocol/messages/shreds.ts";
import { forgetOldest, putNewest } from "#protocol/newest.ts";
import { accepted, type Rejected, type Result } from "#protocol/result.ts";
import type { Shred } from "#protocol/shreds/shreds.ts";
import type { Chain } from "../chain.ts";
import { inParts } from "../lists.ts";
import type { Offence } from "../peer-scores.ts";
import { type Clock, type GossipVerdict, type Network, protocols } from "../ports.ts";
import type { ServingBudget } from "../serving-budget.ts";
import { BlockInMaking } from "./block-in-making.ts";
import { ShredSender } from "./shred-sender.ts";
import { ShredShelf } from "./shred-shelf.ts";
import { placesBelow, shredOrder } from "./shred-tree.ts";

/** Bounds and pace of carrying shreds. */
export const shredRelayLimits = {
  /** Blocks whose shreds are kept at once, 2 MiB each at most, in the making or just made; the oldest goes. */
  making: 4,
  /** With fewer peers each of them fetches the body whole: that is no more than all its shreds. */
  leastPeers: 3,
  /** Shreds that are on their way are waited for so long after the header; then what is lacking is asked for. */
  patienceMs: 500,
  /** Peers asked for what is lacking, besides who told of the block. */
  askedPeers: 3,
  timeoutMs: 10_000,
  /** Blocks that came as shreds and whose headers gossip has not brought yet. */
  untold: 16,
  /** The newest blocks are served whatever the cap, as whole ones are. */
  newestBlocks: 2,
} as const;

/** What carrying shreds works with. */
export interface ShredRelayParts {
  readonly chain: Chain;
  readonly network: Pick<Network, "peers" | "request" | "selfId">;
  readonly clock: Clock;
  readonly serving: Pick<ServingBudget, "maySend" | "note" | "refusal">;
  networkTimeMs(): number;
  offend(peerId: string, offence: Offence, why: string): void;
  /** The hash of a header that is worth its block; or the verdict over who passes it on. */
  judge(peerId: string, header: Header): Uint8Array | GossipVerdict;
  /** Takes a whole block in. */
  take(peerId: string, block: Block): Promise<void>;
  /** The store failed. */
  onFailure(error: unknown): void;
}

const nothing = accepted(shredAnswers.push.encode({}));

/** The carrier of shreds of one node. */
export class ShredRelay {
  private readonly parts: ShredRelayParts;
  private readonly sender: ShredSender;
  private readonly shelf: ShredShelf;
  /** By the block's name, oldest first. */
  private readonly making = new Map<string, BlockInMaking>();
  private readonly untold = new Map<string, true>();

  constructor(parts: ShredRelayParts) {
    this.parts = parts;
    this.sender = new ShredSender(parts.network, parts.serving);
    this.shelf = new ShredShelf(parts.chain.reader, parts.clock);
  }

  /** Sends the shreds of our own block, each to one peer; nothing if there are so few that each may as well fetch it. */
  spread(block: Block): void {
    const { header } = block;
    const ids = this.directPeers();
    if (header.shreds === null || ids.length < shredRelayLimits.leastPeers) return;
    const hash = headerHash(header);
    const { shreds } = this.shelf.cut(toHex(hash), encodeContents(block));
    for (const shred of shreds) {
      const [first] = shredOrder(hash, shred.index, ids);
      if (first !== undefined) this.sender.push(first, { type: "push", header, shred, place: 0 });
    }
  }

  /** Answers a peer's request. */
  async answer(peerId: string, bytes: Uint8Array): Promise<Result<Uint8Array>> {
    const request = decodeShredRequest(bytes);
    if (!request.ok) {
      this.parts.offend(peerId, "garbage", request.message);
      return request;
    }
    return request.value.type === "push" ? this.receive(peerId, request.value) : this.serve(request.value);
  }

  /** Whether a header that gossip brings is to be passed on though its block is here: once, for who has not heard of it. */
  isUntold(hash: Uint8Array): boolean {
    return this.untold.delete(toHex(hash));
  }

  /** Waits for the shreds of a block that gossip has told of, and asks for what is lacking; true once the block is here. */
  async complete(peerId: string, header: Header, hash: Uint8Array): Promise<boolean> {
    const making = this.begin(header, hash);
    if (making === null) return false;
    let cancel = (): void => undefined;
    const patience = new Promise<void>((resolve) => {
      cancel = this.parts.clock.schedule(shredRelayLimits.patienceMs, resolve);
    });
    await Promise.race([making.over, patience]);
    cancel();
    if (!making.joined) await this.fetchLacking(making, peerId);
    if (making.joined) await making.over;
    this.untold.delete(making.name);
    return this.isHere(making);
  }

  /** A block was had in another way: its shreds are passed on to others, and not waited for any more. */
  wasHad(hash: Uint8Array): void {
    const making = this.making.get(toHex(hash));
    if (making === undefined || !this.isHere(making)) return;
    making.joined = true;
    making.end();
  }

  /** A relayed connection is no way for what is large. */
  private directPeers(): readonly string[] {
    return this.parts.network.peers().flatMap(({ id, direct }) => (direct ? [id] : []));
  }

  private isHere({ hash }: BlockInMaking): boolean {
    const entry = this.parts.chain.index.get(hash);
    return entry?.hasBody === true && entry.invalid === null;
  }

  private begin(header: Header, hash: Uint8Array): BlockInMaking | null {
    if (header.shreds === null) return null;
    const name = toHex(hash);
    const known = this.making.get(name);
    if (known !== undefined) return known;
    const making = new BlockInMaking(header, header.shreds, hash);
    this.making.set(name, making);
    const [oldest] = this.making.values();
    forgetOldest(this.making, shredRelayLimits.making);
    if (oldest !== undefined && !this.making.has(oldest.name)) oldest.end();
    return making;
  }

  /** A shred on its way. Whoever sends one that is no good has not looked at it. */
  private receive(peerId: string, push: ShredRequest & { readonly type: "push" }): Result<Uint8Array> {
    const { header, shred, place } = push;
    const known = this.making.get(toHex(headerHash(header)));
    let making = known ?? null;
    if (making === null) {
      if (header.shreds === null) return this.refuse(peerId, "a shred of a block that has none");
      const judged = this.parts.judge(peerId, header);
      if (typeof judged === "string") return nothing;
      making = this.begin(header, judged);
    }
    if (making === null) return nothing;
    const added = making.add(shred);
    if (!added.ok) return this.refuse(peerId, added.message);
    if (!added.value) return nothing;
    if (this.parts.serving.maySend()) this.passOn(peerId, making.hash, { ...push, place });
    void this.joinIfEnough(peerId, making);
    return nothing;
  }

  private refuse(peerId: string, why: string): Result<Uint8Array> {
    this.parts.offend(peerId, "bad-shred", why);
    return nothing;
  }

  private passOn(peerId: string, hash: Uint8Array, push: ShredRequest & { readonly type: "push" }): void {
    const own = this.parts.network.selfId();
    const order = shredOrder(hash, push.shred.index, [own, ...this.directPeers()]);
    for (const place of placesBelow(push.place, order.length)) {
      const id = order[place] as string;
      if (id !== own && id !== peerId) this.sender.push(id, { ...push, place });
    }
  }

  private async joinIfEnough(peerId: string, making: BlockInMaking): Promise<void> {
    if (making.joined || making.lacking !== 0) return;
    making.joined = true;
    try {
      const block = making.join();
      if (block.ok) {
        await this.parts.take(peerId, block.value);
        if (this.isHere(making)) putNewest(this.untold, making.name, true, shredRelayLimits.untold);
      } else await this.condemn(making, block);
    } catch (error) {
      this.parts.onFailure(error);
    } finally {
      // Others may lack what still comes: it stays until newer blocks take its place, unless it is no good.
      if (!this.isHere(making)) this.making.delete(making.name);
      making.end();
    }
  }

  /** The header names what is no body of it: with whichever shreds somebody finds that, it is so for everybody. */
  private async condemn({ header, hash }: BlockInMaking, why: Rejected): Promise<void> {
    const { chain } = this.parts;
    await chain.addHeaders([header], this.parts.networkTimeMs());
    const entry = chain.index.get(hash);
    if (entry !== undefined) chain.index.invalidate(entry, why);
  }

  /** Asks others first, a part each; then who told of the block, who has it; then each of the others for whatever it has. */
  private async fetchLacking(making: BlockInMaking, teller: string): Promise<void> {
    const others = this.directPeers().filter((id) => id !== teller);
    const asked = shredOrder(making.hash, 0, others).slice(0, shredRelayLimits.askedPeers);
    // Who knows of no shred yet does not know how many there are: the first says so.
    if (making.lacking === null) await this.ask(making, teller, [0]);
    const wanted = making.missing().slice(0, making.lacking ?? 0);
    const partOf = (turn: number): readonly number[] => wanted.filter((_, i) => i % asked.length === turn);
    await Promise.all(asked.map((id, turn) => this.ask(making, id, partOf(turn))));
    for (const id of [teller, ...asked]) if (!making.joined) await this.ask(making, id, making.missing());
  }

  private async ask(making: BlockInMaking, peerId: string, indices: readonly number[]): Promise<void> {
    for (const part of inParts(indices, shredMessageLimits.asked)) {
      const lacking = making.lacking ?? 1;
      if (making.joined || lacking === 0) return;
      const wanted = part.filter((index) => making.get(index) === undefined).slice(0, lacking);
      if (wanted.length === 0) continue;
      const request = encodeShredRequest({ type: "ask", block: making.hash, indices: wanted });
      const bytes = await this.parts.network.request(peerId, protocols.shred, request, {
        timeoutMs: shredRelayLimits.timeoutMs,
        maximumResponseBytes: shredMessageLimits.answerBytes,
      });
      const answer = bytes.ok ? shredAnswers.ask.decode(bytes.value) : bytes;
      if (!answer.ok) return;
      for (const shred of answer.value) {
        const added = wanted.includes(shred.index) ? making.add(shred) : null;
        if (added?.ok) continue;
        this.parts.offend(peerId, "bad-shred", added?.message ?? "a shred that was not asked for");
        return;
      }
      await this.joinIfEnough(peerId, making);
    }
  }

  private async serve({ block, indices }: ShredRequest & { readonly type: "ask" }): Promise<Result<Uint8Array>> {
    const { chain, serving } = this.parts;
    const making = this.making.get(toHex(block));
    const height = making?.header.height ?? chain.index.get(block)?.height ?? 0;
    const refusal = height + shredRelayLimits.newestBlocks > chain.head.height ? null : serving.refusal();
    if (refusal !== null) return refusal;
    const kept = indices.flatMap((index) => making?.get(index) ?? []);
    const isAll = kept.length === indices.length || (making !== undefined && !this.isHere(making));
    const found: Result<readonly Shred[]> = isAll ? accepted(kept) : await this.shelf.of(block, indices);
    if (!found.ok) return found;
    const answer = shredAnswers.ask.encode(found.value);
    serving.note(answer.length);
    return accepted(answer);
  }
}
