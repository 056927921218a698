/**
 * Getting enough shards of one piece: those that should have them are asked at the same time, others as soon as one of them
 * has nothing, gives something else, or is slow.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { type DigestBlock, digestsOf } from "#protocol/files/block-digests.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import type { WantAnswer } from "#protocol/files/requests.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import type { Result } from "#protocol/result.ts";
import { append, inParts } from "../lists.ts";
import type { Clock } from "../ports.ts";
import { filePlan } from "./file-limits.ts";

/** Shards by their places; null for one that is not there. */
export type Shards = (Uint8Array | null)[];

/** Where shards come from. */
export interface ShardSource {
  readonly clock: Clock;
  readonly digestBlock: DigestBlock | undefined;
  /** Peers that may have a place's shard, the likeliest first. */
  candidates(place: number): readonly string[];
  want(peerId: string, digests: readonly Uint8Array[]): Promise<Result<WantAnswer>>;
  /** A peer gave something that was asked for, or nothing. */
  onAnswer(peerId: string, came: number): void;
  /** A peer gave other bytes than were asked for. */
  onFalse(peerId: string): void;
}

interface Question {
  readonly places: readonly number[];
  isSlow: boolean;
}

/** One piece on its way. */
export class StripeFetch {
  /** Whether somebody who may have more said that he may not send it now. */
  putOff = false;
  private readonly source: ShardSource;
  private readonly stripe: Stripe;
  private readonly shards: Shards;
  private readonly tried: ReadonlyMap<number, Set<string>>;
  private readonly questions = new Set<Question>();
  private wake: () => void = () => undefined;

  /** `shards` are filled in; those that are there are not asked for. */
  constructor(source: ShardSource, stripe: Stripe, shards: Shards) {
    this.source = source;
    this.stripe = stripe;
    this.shards = shards;
    this.tried = new Map(stripe.shards.map((_, place) => [place, new Set<string>()]));
  }

  /** Asks until there are enough, or nobody is left to ask. */
  async run(): Promise<void> {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.askMore();
      if (this.isEnough() || this.questions.size === 0) return;
      await changed;
    }
  }

  private present(): number {
    return this.shards.filter((shard) => shard !== null).length;
  }

  private isEnough(): boolean {
    return this.present() >= this.stripe.data;
  }

  private askMore(): void {
    const asked = [...this.questions].filter(({ isSlow }) => !isSlow).flatMap(({ places }) => places);
    const slow = new Set([...this.questions].filter(({ isSlow }) => isSlow).flatMap(({ places }) => places));
    const open = this.stripe.shards.flatMap((_, place) =>
      this.shards[place] === null && !asked.includes(place) ? [place] : [],
    );
    // Those of whom nothing was heard for a while come last: their answer may be on the way.
    const inOrder = open.toSorted((a, b) => Number(slow.has(a)) - Number(slow.has(b)) || a - b);
    let missing = this.stripe.data - this.present() - asked.length;
    const byPeer = new Map<string, number[]>();
    for (const place of inOrder) {
      if (missing <= 0) break;
      const tried = this.tried.get(place);
      const peer = this.source.candidates(place).find((id) => tried?.has(id) === false);
      if (peer === undefined) continue;
      tried?.add(peer);
      append(byPeer, peer, place);
      missing--;
    }
    for (const [peer, places] of byPeer)
      for (const some of inParts(places, fileLimits.blocksAtOnce)) void this.ask(peer, some);
  }

  private async ask(peer: string, places: readonly number[]): Promise<void> {
    const question: Question = { places, isSlow: false };
    this.questions.add(question);
    const cancel = this.source.clock.schedule(filePlan.hedgeMs, () => {
      question.isSlow = true;
      this.wake();
    });
    const digests = places.map((place) => this.stripe.shards[place] ?? new Uint8Array());
    const answer = await this.source.want(peer, digests);
    cancel();
    const blocks = answer.ok ? places.map((_, i) => answer.value.blocks[i] ?? null) : [];
    const names = await digestsOf(
      blocks.map((block) => block ?? new Uint8Array()),
      this.source.digestBlock,
    );
    // Until its blocks are checked it is on its way.
    this.questions.delete(question);
    let came = 0;
    if (!answer.ok) this.putOff ||= answer.code === "rate-limited";
    else {
      for (const [i, place] of places.entries()) {
        const block = blocks[i] ?? null;
        if (block === null) continue;
        if (equalBytes(names[i] as Uint8Array, digests[i] as Uint8Array)) {
          this.shards[place] = block;
          came++;
        } else this.source.onFalse(peer);
      }
    }
    this.source.onAnswer(peer, came);
    this.wake();
  }
}
