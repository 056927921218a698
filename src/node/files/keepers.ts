/**
 * Who keeps shards for others, as this node knows: peers that said so, and those that they named. Leaving shards with one of
 * them takes a stamp now and then, which is looked for here.
 * @module
 */

import { fileLimits } from "#protocol/files/limits.ts";
import { allowanceId, blockWireLimits, type RoomAnswer, roomAnswers } from "#protocol/files/requests.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import type { KeepingNode } from "../keeping-node.ts";
import { findStamp } from "../stamp-search.ts";
import { askForBlocks } from "./ask-for-blocks.ts";
import { filePlan } from "./file-limits.ts";
import { noLongerThan } from "./patience.ts";
import { type Keeper, prefixOf } from "./placement.ts";

/** A keeper and what is known of it. */
interface Known {
  readonly room: RoomAnswer;
  readonly heardAtMs: number;
  /** What may be left with it before it wants another stamp. */
  allowanceBytes: number;
}

/** Hears of keepers. */
export interface KeeperWatch {
  readonly onCame: () => void;
  readonly onGone: (keeperId: string) => void;
}

const gone = rejected("disconnected", "The keeper has gone meanwhile.");

/** The keepers that one node knows. */
export class Keepers {
  private readonly node: KeepingNode<object>;
  private readonly watch: KeeperWatch;
  private readonly known = new Map<string, Known>();
  /** Peers that keep nothing, and when they said so. */
  private readonly others = new Map<string, number>();
  /** Peers that did not answer, and since when: they are asked again, but nobody waits for them. */
  private readonly silent = new Map<string, number>();
  private readonly distrusted = new Map<string, number>();
  private readonly turns = new Map<string, Turns>();
  private readonly asking = new Map<string, Promise<Result<Known>>>();
  private reachedAtMs = Number.NEGATIVE_INFINITY;

  constructor(node: KeepingNode<object>, watch: KeeperWatch) {
    this.node = node;
    this.watch = watch;
  }

  /** Those that are connected and said that they keep; asks those that have not said lately, and waits so long at most. */
  async list(patienceMs: number, latelyMs: number = filePlan.askAgainMs): Promise<readonly Keeper[]> {
    await noLongerThan(this.node.ports.clock, patienceMs, this.look(latelyMs));
    return this.now();
  }

  /** Those of whom is known already that they keep. */
  now(): readonly Keeper[] {
    const { clock, network } = this.node.ports;
    return network.peers().flatMap(({ id, address }) => {
      const known = this.known.get(id);
      return known === undefined || (this.distrusted.get(id) ?? 0) > clock.nowMs()
        ? []
        : [{ id, offeredBytes: known.room.offeredBytes, prefix: prefixOf(address) }];
    });
  }

  /** Bytes that are free with all of them. */
  freeBytes(): number {
    return this.now().reduce((sum, { id }) => sum + (this.known.get(id)?.room.freeBytes ?? 0), 0);
  }

  /** Peer ids of keepers, for who asks. */
  names(): readonly string[] {
    return this.now()
      .map(({ id }) => id)
      .slice(0, blockWireLimits.others);
  }

  /** A peer has gone. */
  forget(peerId: string): void {
    if (this.known.delete(peerId)) this.watch.onGone(peerId);
    this.others.delete(peerId);
    this.silent.delete(peerId);
    this.turns.delete(peerId);
  }

  /** Leaves so many bytes with a keeper, with a stamp before if it wants one; one request at a time. */
  leave(keeperId: string, bytes: number, ask: () => Promise<Result<Uint8Array>>): Promise<Result<null>> {
    const turns = this.turns.get(keeperId) ?? new Turns();
    this.turns.set(keeperId, turns);
    const left = turns.take(async () => {
      // A keeper that has started anew knows nothing of stamps.
      for (let tries = 0; ; tries++) {
        const room = await this.makeRoom(keeperId, bytes);
        if (!room.ok) return room;
        const answered = await ask();
        if (answered.ok) {
          this.spend(keeperId, bytes);
          return accepted(null);
        }
        if (answered.code !== "stamp-missing" || tries > 0) return answered;
        this.spend(keeperId, Number.POSITIVE_INFINITY);
      }
    });
    return left.finally(() => {
      if (!this.isHere(keeperId)) this.turns.delete(keeperId);
    });
  }

  private isHere(peerId: string): boolean {
    return this.node.ports.network.peers().some(({ id }) => id === peerId);
  }

  /** A keeper did not give what it said it has: it counts for nothing for a while. */
  distrust(peerId: string): void {
    this.distrusted.set(peerId, this.node.ports.clock.nowMs() + filePlan.distrustMs);
    this.watch.onGone(peerId);
    const [oldest] = this.distrusted.keys();
    if (this.distrusted.size > filePlan.allowances && oldest !== undefined) this.distrusted.delete(oldest);
  }

  private async makeRoom(keeperId: string, bytes: number): Promise<Result<null>> {
    while ((this.known.get(keeperId)?.allowanceBytes ?? 0) < bytes) {
      const room = await this.ask(keeperId);
      if (!room.ok) return room;
      const { network, nonceSearch } = this.node.ports;
      const { stampBits } = this.node.options.parameters.freeLane;
      const id = allowanceId(room.value.room.challenge, network.selfId());
      const stamp = await findStamp(nonceSearch, id, stampBits + filePlan.moreStampBits);
      if (!stamp.ok) return stamp;
      const allowed = await askForBlocks(network, keeperId, { type: "allow", stamp: stamp.value });
      if (!allowed.ok) return allowed;
      room.value.allowanceBytes += fileLimits.bytesPerStamp;
    }
    return accepted(null);
  }

  private spend(keeperId: string, bytes: number): void {
    const known = this.known.get(keeperId);
    if (known !== undefined) known.allowanceBytes = Math.max(0, known.allowanceBytes - bytes);
  }

  private async look(latelyMs: number): Promise<void> {
    const { clock, network } = this.node.ports;
    const oldMs = clock.nowMs() - latelyMs;
    const againMs = clock.nowMs() - filePlan.askAgainMs;
    const due = network
      .peers()
      .filter(({ id }) => (this.known.get(id)?.heardAtMs ?? this.others.get(id) ?? Number.NEGATIVE_INFINITY) < oldMs);
    await Promise.all(
      due.flatMap(({ id }) => {
        const answered = this.ask(id);
        return (this.silent.get(id) ?? Number.NEGATIVE_INFINITY) < againMs ? [answered] : [];
      }),
    );
    if (this.reachedAtMs >= againMs) return;
    this.reachedAtMs = clock.nowMs();
    // Nobody waits for it: one that has gone is named for a while, and dialled in vain.
    void this.reachOthers();
  }

  /** Connects keepers that others named, and asks them. */
  private async reachOthers(): Promise<void> {
    const { network } = this.node.ports;
    const connected = new Set([network.selfId(), ...network.peers().map(({ id }) => id)]);
    const named = new Set([...this.known.values()].flatMap(({ room }) => room.others));
    const missing = [...named].filter((id) => !connected.has(id)).slice(0, filePlan.reached);
    await Promise.all(
      missing.map(async (id) => {
        const reached = await network.reach(id);
        if (reached.ok) await this.ask(id);
      }),
    );
  }

  private ask(peerId: string): Promise<Result<Known>> {
    const asking = this.asking.get(peerId) ?? this.askOnce(peerId).finally(() => this.asking.delete(peerId));
    this.asking.set(peerId, asking);
    return asking;
  }

  private async askOnce(peerId: string): Promise<Result<Known>> {
    const answered = await askForBlocks(this.node.ports.network, peerId, { type: "room" });
    const room = answered.ok ? roomAnswers.decode(answered.value) : answered;
    const heardAtMs = this.node.ports.clock.nowMs();
    // Who has gone meanwhile is known when he is back; nobody would forget him again.
    if (!this.isHere(peerId)) return room.ok ? gone : room;
    if (!room.ok) {
      if (this.known.delete(peerId)) this.watch.onGone(peerId);
      // Who did not answer may do so next time.
      (room.code === "not-serving" ? this.others : this.silent).set(peerId, heardAtMs);
      return room;
    }
    this.others.delete(peerId);
    this.silent.delete(peerId);
    if (!this.known.has(peerId)) this.watch.onCame();
    const known = { room: room.value, heardAtMs, allowanceBytes: this.known.get(peerId)?.allowanceBytes ?? 0 };
    this.known.set(peerId, known);
    return accepted(known);
  }
}
