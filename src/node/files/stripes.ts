/**
 * Pieces of files among keepers: leaving their shards, finding and fetching them.
 * @module
 */
import { concatBytes, equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { digestsOf } from "#protocol/files/block-digests.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { releaseMark, releaseSecret, releaseTag } from "#protocol/files/release.ts";
import {
  blockWireLimits,
  haveAnswers,
  type KeepRequest,
  keepingCharge,
  type WantAnswer,
  wantAnswers,
} from "#protocol/files/requests.ts";
import { type Stripe, stripeId } from "#protocol/files/stripe.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { Fetched, KeepingTerms, Placement } from "#sdk/files.ts";
import { append, inParts } from "../lists.ts";
import { askForBlocks } from "./ask-for-blocks.ts";
import { type BlockShelf, revoked } from "./block-shelf.ts";
import { filePlan } from "./file-limits.ts";
import type { Keepers } from "./keepers.ts";
import { noLongerThan } from "./patience.ts";
import {
  assignPlaces,
  type Holding,
  holdingOf,
  type Keeper,
  likelyKeepers,
  mayLeave,
  rankedFor,
  wantedPlaces,
} from "./placement.ts";
import { revocationsBy } from "./revocations.ts";
import type { FileNode } from "./shard-answers.ts";
import { type ShardSource, type Shards, StripeFetch } from "./stripe-fetch.ts";

const saturated = rejected(
  "rate-limited",
  "The nodes that have the file may not send so much just now; try again later.",
);

/** Shards that are to be left with others. */
export interface Leaving {
  readonly stripe: Stripe;
  /** By their places; null for one that is not to be left, or is with a keeper. */
  readonly shards: readonly (Uint8Array | null)[];
  readonly untilMs: number;
  /** Whose secrets let it go. */
  readonly marks: readonly Uint8Array[];
  readonly isPublic: boolean;
  readonly held: Holding;
}

/** Where shards were left. */
export interface Left {
  readonly held: Holding;
  /** What the last keeper said that took none; empty if none did. */
  readonly trouble: string;
  /** A keeper has shown that who left the piece has let it go. */
  readonly isRevoked: boolean;
}

/** The pieces that one node has to do with. */
export class Stripes {
  private readonly node: FileNode;
  private readonly shelf: BlockShelf;
  private readonly keepers: Keepers;
  /** Peers that had nothing to give when they were last asked: they are asked last. */
  private readonly unhelpful = new Set<string>();
  private readonly joinedByMs: number;

  constructor(node: FileNode, shelf: BlockShelf, keepers: Keepers) {
    this.node = node;
    this.shelf = shelf;
    this.keepers = keepers;
    this.joinedByMs = node.ports.clock.nowMs() + filePlan.joiningMs;
  }

  /** A peer has gone. */
  forget(peerId: string): void {
    this.unhelpful.delete(peerId);
  }

  /** Keepers, slow ones too: where shards lie is for long. Who has just started waits a while for the first. */
  async joined(): Promise<readonly Keeper[]> {
    for (;;) {
      const keepers = await this.keepers.list(filePlan.askTimeoutMs);
      if (keepers.length > 0 || !this.isJoining()) return keepers;
      await this.pause();
    }
  }

  /** Leaves the shards of our own people's piece with keepers, and keeps here what one keeper less would lose. */
  async place(data: number, blocks: readonly Uint8Array[], terms: KeepingTerms = {}): Promise<Result<Placement>> {
    const shards = await digestsOf(blocks, this.node.ports.digestBlock);
    const named = blocks.map((block, i) => ({ block, digest: shards[i] as Uint8Array }));
    const stripe: Stripe = { data, shards };
    const { forMs = fileLimits.lifeMs, isPublic = false } = terms;
    const isCopied = shards.every((shard) => equalBytes(shard, shards[0] as Uint8Array));
    if (isPublic && !(data === 1 && isCopied))
      return rejected("invalid-argument", "What is for everybody is left whole, as copies of one block.");
    const untilMs = this.node.ports.clock.nowMs() + Math.min(Math.max(0, forMs), fileLimits.lifeMs);
    const id = stripeId(stripe);
    const { secret } = terms;
    const marks = secret === undefined ? [] : [releaseMark(id, releaseSecret(secret, id))];
    const tag = secret === undefined ? {} : { tag: releaseTag(secret) };
    const willing = await this.joined();
    const left = await this.leave({ stripe, shards: blocks, untilMs, marks, isPublic, held: new Map() }, willing);
    if (left.isRevoked) return revoked;
    const { held, trouble } = left;
    const placement = this.placementOf(stripe, held, willing.length);
    const isSafe = placement.mayLeave >= 1;
    const kept = await this.shelf.keep({
      stripe,
      blocks: isSafe ? [] : named,
      untilMs,
      from: "",
      marks,
      isPublic,
      ...tag,
    });
    // What others have is safe with them, if this browser's room is taken.
    if (!kept.ok && placement.mayLeave < 0) return kept;
    return accepted({
      ...placement,
      here: kept.ok && !isSafe,
      trouble: willing.length === 0 ? "no node that keeps files is connected" : trouble,
    });
  }

  /** Leaves shards with keepers, each with another as long as there are others; who refuses is not asked again. */
  async leave(leaving: Leaving, willing: readonly Keeper[]): Promise<Left> {
    const { stripe } = leaving;
    const id = stripeId(stripe);
    const held = new Map(leaving.held);
    const refusing = new Set<string>();
    let trouble = "";
    let isRevoked = false;
    while (!isRevoked) {
      const isFree = ({ id: keeper }: Keeper): boolean =>
        !refusing.has(keeper) && (stripe.data > 1 || ![...held.values()].includes(keeper));
      const free = willing.filter(isFree);
      const places = stripe.shards.flatMap((_, place) =>
        leaving.shards[place] !== null && !held.has(place) ? [place] : [],
      );
      // Of copies a keeper has use for one.
      const now = stripe.data > 1 ? places : places.slice(0, free.length);
      if (now.length === 0 || free.length === 0) break;
      const byKeeper = new Map<string, number[]>();
      for (const [place, keeper] of assignPlaces(id, now, free, held)) append(byKeeper, keeper, place);
      await Promise.all(
        [...byKeeper].map(async ([keeper, all]) => {
          for (const some of inParts(all, fileLimits.blocksAtOnce)) {
            const left = await this.leaveWith(keeper, leaving, some);
            if (!left.ok) {
              refusing.add(keeper);
              trouble = left.message;
              if (left.code === "revoked") isRevoked ||= await this.isRevokedBy(keeper, id, leaving.marks);
              return;
            }
            for (const place of some) held.set(place, keeper);
          }
        }),
      );
    }
    return { held, trouble, isRevoked };
  }

  /** Whether a keeper shows that all who left a piece have let it go, and not only says so; what it shows is let go here, too. */
  private async isRevokedBy(keeper: string, id: Uint8Array, marks: readonly Uint8Array[]): Promise<boolean> {
    const shown = await revocationsBy(this.node.ports.network, keeper, id, marks);
    if (shown.length > 0) await this.shelf.release(shown);
    const gone = new Set(shown.map(({ secret }) => toHex(releaseMark(id, secret))));
    return marks.length > 0 && marks.every((mark) => gone.has(toHex(mark)));
  }

  /** Enough shards of a piece, from here or from peers; those that came from peers are not kept. */
  async fetch(stripe: Stripe, known: readonly number[]): Promise<Result<Fetched>> {
    const shards: Shards = [...(await this.shelf.find(stripe.shards))];
    // Known ones count as there, whatever they are.
    for (const place of known) shards[place] = new Uint8Array();
    const missing = (): number => stripe.data - shards.filter((shard) => shard !== null).length;
    const fetched = (trouble: Rejected | null): Result<Fetched> => {
      for (const place of known) shards[place] = null;
      return accepted({ shards, trouble });
    };
    for (let round = 0; missing() > 0; round++) {
      if (round === filePlan.rounds) return fetched(saturated);
      const keepers = await this.keepers.list(filePlan.hedgeMs, filePlan.knownMs);
      // Of copies the first that is asked has one; of shards most that are asked would have another.
      const [having] = stripe.data === 1 ? [] : await this.having([stripe], keepers, filePlan.hedgeMs);
      const fetch = new StripeFetch(this.source(stripe, keepers, having ?? new Map()), stripe, shards);
      await fetch.run();
      if (missing() <= 0) break;
      if (!fetch.putOff && !this.isJoining()) return fetched(this.notFound(missing()));
      await this.pause();
    }
    return fetched(null);
  }

  /**
   * What likely keepers say that they have of some pieces: for each piece, by keeper, a byte for each shard. Who does not
   * answer in time is left out.
   */
  async having(
    stripes: readonly Stripe[],
    keepers: readonly Keeper[],
    patienceMs: number,
  ): Promise<readonly ReadonlyMap<string, Uint8Array>[]> {
    const asked = new Map<string, number[]>();
    for (const [i, stripe] of stripes.entries())
      for (const { id } of likelyKeepers(stripeId(stripe), stripe.shards.length, keepers)) append(asked, id, i);
    const having = stripes.map(() => new Map<string, Uint8Array>());
    let isOver = false;
    const all = Promise.all(
      [...asked].map(async ([id, some]) => {
        const here = await this.whichHas(
          id,
          some.flatMap((i) => stripes[i]?.shards ?? []),
        );
        if (here === null || isOver) return;
        let from = 0;
        for (const i of some) {
          const to = from + (stripes[i]?.shards.length ?? 0);
          having[i]?.set(id, here.subarray(from, to));
          from = to;
        }
      }),
    );
    await noLongerThan(this.node.ports.clock, patienceMs, all);
    isOver = true;
    return having;
  }

  /** Who has shards of some pieces now. */
  async locate(stripes: readonly Stripe[]): Promise<Result<readonly Placement[]>> {
    const keepers = await this.joined();
    const having = await this.having(stripes, keepers, filePlan.askTimeoutMs);
    return accepted(
      stripes.map((stripe, i) => {
        const held = holdingOf(stripe.data, stripe.shards.length, having[i] ?? new Map());
        const here = this.shelf.which(stripe.shards).filter((byte) => byte === 1).length >= stripe.data;
        return { ...this.placementOf(stripe, held, keepers.length), here, trouble: "" };
      }),
    );
  }

  /** Asks a peer for blocks. */
  async want(peerId: string, digests: readonly Uint8Array[]): Promise<Result<WantAnswer>> {
    const answered = await askForBlocks(
      this.node.ports.network,
      peerId,
      { type: "want", digests },
      blockWireLimits.answerBytes,
    );
    return answered.ok ? wantAnswers.decode(answered.value) : answered;
  }

  private placementOf(
    stripe: Stripe,
    held: Holding,
    keepers: number,
  ): Pick<Placement, "keepers" | "missing" | "mayLeave"> {
    return {
      keepers: [...new Set(held.values())],
      missing: Math.max(0, wantedPlaces(stripe, keepers) - held.size),
      mayLeave: mayLeave(stripe.data, held),
    };
  }

  private async leaveWith(
    keeper: string,
    { stripe, shards, untilMs, marks, isPublic }: Leaving,
    places: readonly number[],
  ): Promise<Result<null>> {
    const blocks = places.map((place) => shards[place] as Uint8Array);
    const request: KeepRequest = { type: isPublic ? "publish" : "keep", stripe, untilMs, marks, places, blocks };
    return this.keepers.leave(keeper, keepingCharge(blocks.map(({ length }) => length)), () =>
      askForBlocks(this.node.ports.network, keeper, request),
    );
  }

  /** What a peer says that it has of some blocks, a byte for each; null if it does not answer. */
  async whichHas(peerId: string, digests: readonly Uint8Array[]): Promise<Uint8Array | null> {
    const all: Uint8Array[] = [];
    for (const some of inParts(digests, fileLimits.digestsAtOnce)) {
      const answered = await askForBlocks(this.node.ports.network, peerId, { type: "have", digests: some });
      const answer = answered.ok ? haveAnswers.decode(answered.value) : answered;
      if (!answer.ok || answer.value.here.length !== some.length) return null;
      all.push(answer.value.here);
    }
    return concatBytes(...all);
  }

  /**
   * Keepers that said that they have a place's shard, then those that have not said and should, others by their rank, and
   * everybody else, seeds first. Who said that he has it not is not asked.
   */
  private source(stripe: Stripe, keepers: readonly Keeper[], having: ReadonlyMap<string, Uint8Array>): ShardSource {
    const { clock, network } = this.node.ports;
    const id = stripeId(stripe);
    const places = stripe.shards.map((_, place) => place);
    const assigned = assignPlaces(id, places, keepers);
    const keeperIds = new Set(keepers.map((keeper) => keeper.id));
    const rest = network
      .peers()
      .filter((peer) => !keeperIds.has(peer.id))
      .toSorted((a, b) => Number(b.seed) - Number(a.seed))
      .map((peer) => peer.id);
    const ranked = rankedFor(id, keepers).map((keeper) => keeper.id);
    const remembered = new Map<number, readonly string[]>();
    const candidates = (place: number): readonly string[] => {
      const first = assigned.get(place);
      const all = [...new Set([...(first === undefined ? [] : [first]), ...ranked, ...rest])];
      const hope = (peer: string): number => {
        const said = having.get(peer)?.[place];
        return (said === undefined ? 1 : 0) + (this.unhelpful.has(peer) ? 2 : 0);
      };
      const order = all.filter((peer) => having.get(peer)?.[place] !== 0).toSorted((a, b) => hope(a) - hope(b));
      remembered.set(place, order.slice(0, Math.max(filePlan.asked, keepers.length)));
      return remembered.get(place) ?? [];
    };
    return {
      digestBlock: this.node.ports.digestBlock,
      clock,
      candidates: (place) => remembered.get(place) ?? candidates(place),
      want: (peerId, digests) => this.want(peerId, digests),
      onAnswer: (peerId, came) => void (came > 0 ? this.unhelpful.delete(peerId) : this.unhelpful.add(peerId)),
      onFalse: (peerId) => this.node.offend(peerId, "bad-shard", "it gave other bytes than were asked for"),
    };
  }

  private notFound(missing: number): Rejected {
    const asked = this.node.ports.network.peers().length;
    if (asked === 0) {
      return rejected("disconnected", "Nobody is connected who could have the file; `peers` shows when somebody is.");
    }
    return rejected(
      "not-found",
      `None of ${asked} connected peer${asked === 1 ? "" : "s"} has ${missing} of the file's shards. Whoever shared it may be away, or 30 days are over; try again later, or ask for a new link.`,
    );
  }

  /** Whether keepers may yet come: a link is often the first thing that a page is opened with. */
  private isJoining(): boolean {
    return this.node.ports.clock.nowMs() < this.joinedByMs;
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => this.node.ports.clock.schedule(filePlan.patienceMs, resolve));
  }
}
