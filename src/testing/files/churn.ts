/**
 * Files among nodes that come and go: the real keepers, placement, audits and repair of each node on a virtual clock and
 * network, without a chain. Some leave and come back with what they had, some go for good and others come in their place.
 * @module
 */
import { BlockShelf } from "#node/files/block-shelf.ts";
import { FileBlocks } from "#node/files/file-blocks.ts";
import { filePlan } from "#node/files/file-limits.ts";
import type { FileNode } from "#node/files/shard-answers.ts";
import { type Network, protocols } from "#node/ports.ts";
import { ServingBudget } from "#node/serving-budget.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { combinePlainly, type ErasureCode, parityOf } from "#protocol/files/erasure-code.ts";
import { decodeBlockRequest } from "#protocol/files/requests.ts";
import { codeFor, copiesFor } from "#protocol/files/sealing.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import { dev } from "#protocol/parameters.ts";
import { rejected } from "#protocol/result.ts";
import { createInThreadNonceSearch } from "../../platform/memory/in-thread.ts";
import { MemoryStore } from "../../platform/memory/memory-store.ts";
import { Random } from "../random.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { VirtualWeb } from "../virtual-network.ts";

const hourMs = 3_600_000;

/** A world, and what befalls it. */
export interface Churn {
  readonly seed: number;
  /** As many at any time, those included that are away. */
  readonly nodes: number;
  readonly hours: number;
  readonly files: number;
  /** Of files' pieces; the one that people's tabs would take if absent. */
  readonly code?: ErasureCode;
  /** Chance within an hour of who is here to leave; they come back within `awayHours`, at any time alike. */
  readonly leave: number;
  readonly awayHours: number;
  /** Chance within an hour to go for good, here or away. */
  readonly gone: number;
  readonly repair: boolean;
}

/** What issue 7 asks for. */
export const usualChurn: Churn = {
  seed: 1,
  nodes: 200,
  hours: 100,
  files: 100,
  leave: 0.3,
  awayHours: 6,
  gone: 0.01,
  repair: true,
};

/** What came of it. */
export interface ChurnReport {
  readonly code: ErasureCode;
  readonly files: number;
  /** Files of which too few shards are left anywhere. */
  readonly lost: number;
  /** Share of hours and files in which enough shards were with nodes that were here. */
  readonly available: number;
  readonly left: number;
  readonly wentForGood: number;
  /** Shards made anew. */
  readonly repaired: number;
  /** Bytes that nodes have at the end for each that they had at first: who comes back still has what was made anew. */
  readonly growth: number;
  /** Requests of a node in an hour that it is here. */
  readonly requestsPerHour: number;
  /** Shards handed over for repair and audits, for each that was there at first, in an hour. */
  readonly movedPerHour: number;
}

interface Member {
  readonly name: string;
  readonly disk: MemoryStore;
  files: FileBlocks | null;
  network: Network | null;
}

/** What is there of some stripes. */
interface Standing {
  readonly anywhere: readonly number[];
  readonly here: readonly number[];
  /** On all disks. */
  readonly bytes: number;
  /** Nodes that are here. */
  readonly present: number;
}

const shardBytes = 64;
const offeredBytes = 2 ** 30;
const tickMs = 10_000;

/** How long it takes until something happens that has such a chance within an hour. */
const waitMs = (random: Random, chance: number): number =>
  chance === 0 ? Number.POSITIVE_INFINITY : (Math.log(1 - random.fraction()) / Math.log(1 - chance)) * hourMs;

class ChurnWorld {
  readonly clock = new VirtualClock(1_700_000_000_000);
  readonly members = new Set<Member>();
  left = 0;
  wentForGood = 0;
  requests = 0;
  movedShards = 0;
  private repairedBefore = 0;
  private readonly churn: Churn;
  private readonly random: Random;
  private readonly web: VirtualWeb;
  private isOpen = false;
  private born = 0;

  constructor(churn: Churn) {
    this.churn = churn;
    this.random = new Random(churn.seed);
    this.web = new VirtualWeb(this.clock, this.random, { leastDelayMs: 20, mostDelayMs: 200, loss: 0, duplication: 0 });
  }

  /** Somebody new. */
  async add(keeps = true): Promise<Member> {
    const member: Member = { name: `node-${this.born++}`, disk: new MemoryStore(), files: null, network: null };
    this.members.add(member);
    await this.come(member, keeps);
    return member;
  }

  /** From now on nodes leave. */
  open(): void {
    this.isOpen = true;
    for (const member of this.members) this.expect(member);
  }

  /** Somebody's browser is closed; what it had stays on its disk. */
  async go(member: Member): Promise<void> {
    this.repairedBefore += member.files?.repair.repaired ?? 0;
    member.files = null;
    await member.network?.stop();
    member.network = null;
    this.web.members.delete(member.name);
  }

  /** Who owns files leaves them to the others. */
  async remove(member: Member): Promise<void> {
    await this.go(member);
    this.members.delete(member);
    this.requests = 0;
    this.movedShards = 0;
  }

  /** Shards made anew so far. */
  repaired(): number {
    return [...this.members].reduce((sum, { files }) => sum + (files?.repair.repaired ?? 0), this.repairedBefore);
  }

  /** How many shards of each stripe there are: on all disks, and with nodes that are here. */
  async standing(stripes: readonly Stripe[]): Promise<Standing> {
    const [anywhere, here] = [0, 1].map(() => stripes.map(({ shards }) => new Uint8Array(shards.length)));
    let [bytes, present] = [0, 0];
    for (const { disk, files } of this.members) {
      const shelf = await BlockShelf.open(disk, this.clock, { ...filePlan, othersBytes: offeredBytes });
      bytes += shelf.othersBytes;
      if (files !== null) present++;
      for (const [i, { shards }] of stripes.entries())
        for (const [place, has] of shelf.which(shards).entries())
          for (const counted of files === null ? [anywhere] : [anywhere, here])
            if (has === 1) (counted?.[i] as Uint8Array)[place] = 1;
    }
    const sums = (all: readonly Uint8Array[] | undefined): readonly number[] =>
      (all ?? []).map((places) => places.reduce((sum, has) => sum + has, 0));
    return { anywhere: sums(anywhere), here: sums(here), bytes, present };
  }

  private async come(member: Member, keeps: boolean): Promise<void> {
    const network = this.web.join(member.name);
    const files = await FileBlocks.open({ ...this.nodeParts(network), options: this.options(keeps) }, member.disk);
    member.network = network;
    member.files = files;
    await network.start({
      onRequest: (peerId, protocol, request) => {
        this.note(request);
        return protocol === protocols.block
          ? files.answer(peerId, request)
          : Promise.resolve(rejected("unsupported-protocol", "There is nothing but files here."));
      },
      onGossip: () => Promise.resolve("ignore"),
      onPeerConnected: () => undefined,
      onPeerDisconnected: (peerId) => files.onPeerDisconnected(peerId),
    });
    if (this.churn.repair) this.tick(member, files, this.random.between(0, tickMs));
    if (this.isOpen) this.expect(member);
  }

  private tick(member: Member, files: FileBlocks, inMs: number): void {
    this.clock.schedule(inMs, () => {
      if (member.files !== files) return;
      void files.tick();
      this.tick(member, files, tickMs);
    });
  }

  /** What becomes of somebody who is here. */
  private expect(member: Member): void {
    const { leave, gone, awayHours } = this.churn;
    const [leaveMs, goneMs] = [waitMs(this.random, leave), waitMs(this.random, gone)];
    if (Math.min(leaveMs, goneMs) === Number.POSITIVE_INFINITY) return;
    if (goneMs < leaveMs) {
      this.clock.schedule(goneMs, () => void this.replace(member));
      return;
    }
    this.clock.schedule(leaveMs, () => {
      this.left++;
      void this.go(member);
      const backMs = this.random.fraction() * awayHours * hourMs;
      const lostMs = waitMs(this.random, gone);
      this.clock.schedule(Math.min(backMs, lostMs), () => {
        if (lostMs < backMs) void this.replace(member);
        else void this.come(member, true);
      });
    });
  }

  private async replace(member: Member): Promise<void> {
    this.wentForGood++;
    await this.go(member);
    this.members.delete(member);
    await this.add();
  }

  private note(request: Uint8Array): void {
    this.requests++;
    const asked = decodeBlockRequest(request);
    if (asked.ok && asked.value.type === "keep") this.movedShards += asked.value.blocks.length;
    if (asked.ok && asked.value.type === "want") this.movedShards += asked.value.digests.length;
  }

  private options(keeps: boolean): FileNode["options"] {
    // What a stamp costs is measured elsewhere.
    const parameters = { freeLane: { ...dev.freeLane, stampBits: 0 } };
    return { parameters, ...(keeps ? { othersFilesBytes: offeredBytes } : {}) };
  }

  private nodeParts(network: Network): Omit<FileNode, "options"> {
    const { clock } = this;
    return {
      ports: { clock, network, nonceSearch: createInThreadNonceSearch(clock), entropy: this.random },
      resources: { serving: new ServingBudget(clock) },
      offend: () => undefined,
    };
  }
}

/** Leaves files with those who are here: each is a piece and its manifest in copies, and both are needed. */
async function putFiles(
  world: ChurnWorld,
  { seed, files, nodes }: Churn,
  code: ErasureCode,
): Promise<readonly Stripe[]> {
  const { clock } = world;
  const random = new Random(seed + 1);
  const copies = copiesFor(nodes);
  const owner = await world.add(false);
  const stripes: Stripe[] = [];
  const put = async (data: number, blocks: readonly Uint8Array[]): Promise<void> => {
    stripes.push({ data, shards: blocks.map((block) => sha256(block)) });
    let missing: number | null = null;
    void owner.files?.stripes.place(data, blocks).then((placed) => {
      missing = placed.ok ? placed.value.missing : blocks.length;
    });
    await clock.run(clock.nowMs() + hourMs, () => missing !== null);
    if (missing !== 0) throw new Error("a file could not be put");
  };
  for (let i = 0; i < files; i++) {
    const data = Array.from({ length: code.data }, () => random.bytes(shardBytes));
    const parity = parityOf(data, code.parity, combinePlainly);
    if (!parity.ok) throw new Error(parity.message);
    await put(code.data, [...data, ...parity.value]);
    const manifest = random.bytes(shardBytes);
    await put(
      copies.data,
      Array.from({ length: copies.data + copies.parity }, () => manifest),
    );
  }
  await world.remove(owner);
  return stripes;
}

/** Plays it. */
export async function playChurn(churn: Churn): Promise<ChurnReport> {
  const world = new ChurnWorld(churn);
  for (let i = 0; i < churn.nodes; i++) await world.add();
  const code = churn.code ?? codeFor(Number.MAX_SAFE_INTEGER, churn.nodes);
  const stripes = await putFiles(world, churn, code);
  /** Of how many files a shard of each piece is left for every one that is needed. */
  const whole = (shardsLeft: readonly number[]): number =>
    Array.from({ length: churn.files }, (_, i) => [2 * i, 2 * i + 1]).filter((both) =>
      both.every((place) => (shardsLeft[place] ?? 0) >= (stripes[place]?.data ?? 0)),
    ).length;
  const firstBytes = (await world.standing(stripes)).bytes;
  world.open();
  let available = 0;
  let presentHours = 0;
  let now = await world.standing(stripes);
  for (let hour = 0; hour < churn.hours; hour++) {
    await world.clock.run(world.clock.nowMs() + hourMs);
    now = await world.standing(stripes);
    available += whole(now.here);
    presentHours += now.present;
  }
  const { left, wentForGood, requests, movedShards } = world;
  return {
    code,
    files: churn.files,
    lost: churn.files - whole(now.anywhere),
    available: available / (churn.files * churn.hours),
    left,
    wentForGood,
    repaired: world.repaired(),
    growth: now.bytes / firstBytes,
    requestsPerHour: requests / presentHours,
    movedPerHour: movedShards / churn.hours / (firstBytes / shardBytes),
  };
}
