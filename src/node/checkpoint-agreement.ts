/**
 * A checkpoint by agreement: a device that nobody gave one asks its peers what is final to them, and takes the newest block
 * that at least three groups of peers, and more than half of those that answer, hold on their chains. A group is whom one
 * party could stand behind (as for the network's time), so that many identities of one party are one voice. While fewer are
 * there the device goes on with whom it met first, and looks again later: if they then hold another history it is told.
 * @module
 */

import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import type { Codec } from "#protocol/codec/schema.ts";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import { heightOfEpoch } from "#protocol/consensus/votes.ts";
import { type SyncRequest, syncAnswers } from "#protocol/messages/sync.ts";
import type { Result } from "#protocol/result.ts";
import type { Chain } from "./chain.ts";
import type { Footing } from "./checkpoint.ts";
import { append } from "./lists.ts";
import { peerGroup } from "./network-clock.ts";
import type { Clock, Network, PeerInfo } from "./ports.ts";

/** Bounds of asking. */
export const agreementRules = {
  leastGroups: 3,
  /** Of each group so many are asked, of all together so many. */
  peersPerGroup: 2,
  peers: 16,
  /** A newcomer waits so long for more peers before it takes a state over from the first. */
  patienceMs: 5_000,
  everyMs: 60_000,
} as const;

/** What asking works with. */
export interface AgreementParts {
  readonly chain: Chain;
  readonly network: Pick<Network, "peers">;
  readonly clock: Clock;
  readonly footing: Footing;
  ask<T>(peerId: string, request: SyncRequest, codec: Codec<T>): Promise<Result<T>>;
  /** Independent peers agree on a history that is not the one this device has taken for final. */
  onConflict(why: string): void;
}

interface Voice {
  readonly peer: string;
  readonly group: string;
  readonly block: FinalisedBlock;
}

/** Whether so many groups are enough of all that answered. */
function isAgreed(groups: number, all: number): boolean {
  return groups >= agreementRules.leastGroups && 2 * groups > all;
}

/** Asks for one node. */
export class CheckpointAgreement {
  private readonly parts: AgreementParts;
  private metAtMs: number | null = null;
  private askedAtMs = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | null = null;
  /** Said once: the blocks agreed on change with every minute. */
  private conflicts = false;

  constructor(parts: AgreementParts) {
    this.parts = parts;
  }

  /** Whether a newcomer should wait for more peers before it believes the first. */
  waits(): boolean {
    if (!this.isOpen() || this.parts.chain.finality.finalised.height > 0) return false;
    const nowMs = this.parts.clock.nowMs();
    this.metAtMs ??= nowMs;
    return this.groups().size < agreementRules.leastGroups && nowMs < this.metAtMs + agreementRules.patienceMs;
  }

  /** Asks, if nobody has vouched yet and enough independent peers are there; `now`: however short ago it was done last. */
  async settle(now: boolean): Promise<void> {
    const nowMs = this.parts.clock.nowMs();
    if (!this.isOpen() || this.groups().size < agreementRules.leastGroups) return;
    if (!now && nowMs < this.askedAtMs + agreementRules.everyMs) return;
    this.askedAtMs = nowMs;
    this.asking ??= this.askAll().finally(() => {
      this.asking = null;
    });
    await this.asking;
  }

  private isOpen(): boolean {
    return this.parts.footing.standing.source === "none";
  }

  private groups(): ReadonlyMap<string, readonly PeerInfo[]> {
    const groups = new Map<string, PeerInfo[]>();
    for (const peer of this.parts.network.peers()) append(groups, peerGroup(peer), peer);
    return groups;
  }

  private async askAll(): Promise<void> {
    const asked = [...this.groups()]
      .flatMap(([group, peers]) => peers.slice(0, agreementRules.peersPerGroup).map(({ id }) => ({ group, peer: id })))
      .slice(0, agreementRules.peers);
    const answers = await Promise.all(
      asked.map(async ({ group, peer }): Promise<Voice | null> => {
        const answer = await this.parts.ask(peer, { type: "finality" }, syncAnswers.finality);
        const target = answer.ok ? answer.value.finalised?.link.target : undefined;
        return target === undefined
          ? null
          : { peer, group, block: { height: heightOfEpoch(target.epoch), hash: target.hash } };
      }),
    );
    const voices = answers.filter((voice) => voice !== null);
    const all = new Set(voices.map(({ group }) => group)).size;
    const distinct = new Map(voices.map(({ block }) => [toHex(block.hash), block]));
    // Newest first. No number of made-up blocks may hide the one that is agreed on: there are as many as peers at most.
    for (const block of [...distinct.values()].sort((a, b) => b.height - a.height)) {
      const reaching = new Set(
        voices.filter(({ block: { height } }) => height >= block.height).map((one) => one.group),
      );
      if (!isAgreed(reaching.size, all)) continue;
      const groups = await this.groupsThatHold(block, voices);
      if (!isAgreed(groups, all)) continue;
      return this.take(block, groups);
    }
  }

  /** Who named a later block is asked whether this one is on its chain too. */
  private async groupsThatHold(block: FinalisedBlock, voices: readonly Voice[]): Promise<number> {
    const holding = await Promise.all(
      voices.map(async ({ peer, group, block: own }) => {
        if (own.height < block.height) return [];
        if (own.height === block.height) return equalBytes(own.hash, block.hash) ? [group] : [];
        const request = { type: "headers", locator: [block.hash], count: 1 } as const;
        const next = await this.parts.ask(peer, request, syncAnswers.headers);
        const [header] = next.ok ? next.value : [];
        const holds =
          header !== undefined && header.height === block.height + 1 && equalBytes(header.parent, block.hash);
        return holds ? [group] : [];
      }),
    );
    return new Set(holding.flat()).size;
  }

  private async take(block: FinalisedBlock, groups: number): Promise<void> {
    const { chain, footing, onConflict } = this.parts;
    // Told a checkpoint meanwhile, or already wiser.
    if (!this.isOpen()) return;
    const standing = { source: "peers", block, groups } as const;
    if (chain.finality.finalised.height === 0) {
      const believed = await chain.believe(block);
      if (believed.ok) return footing.keep(standing);
      // Something became final here meanwhile: the next round looks at it.
      if (believed.code !== "pruned") return;
    }
    if (block.height > chain.head.height) return;
    const ours = await chain.reader.at(block.height);
    if (ours !== undefined && equalBytes(ours.hash, block.hash)) return footing.keep(standing);
    if (this.conflicts) return;
    this.conflicts = true;
    onConflict(
      `${groups} independent peers hold another block for final at height ${block.height} than this device, which believed whom it met first. Nothing was changed. If you trust them, delete this page's data (your recovery phrase brings the keys back) and open it with #checkpoint=${block.height}:${toHex(block.hash)}.`,
    );
  }
}
