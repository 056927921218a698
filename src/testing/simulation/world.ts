/**
 * A world of real node cores on faulty clocks, disks and links. Checks after every move of every head, and after every
 * restart that nothing acknowledged is lost. All chance comes from one seed.
 * @module
 */

import { type Clock, type Entropy, type LogRecord, StorageFailure, type VoteSignatures } from "#node/ports.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { headerHash } from "#protocol/consensus/header.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { decodeGossip } from "#protocol/messages/gossip.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { NodeEvent } from "#sdk/contract.ts";
import { AetherNode } from "../../node/node.ts";
import type { NodePorts } from "../../node/node-options.ts";
import { createInThreadNonceSearch } from "../../platform/memory/in-thread.ts";
import { emulatedWork } from "../emulated-proofs.ts";
import { emulatedVotes } from "../emulated-votes.ts";
import { type FixtureNetwork, type TestKey, testKey, testNetwork, testParameters } from "../ledger-fixtures.ts";
import { Random } from "../random.ts";
import { rememberedBeaconVerifier, rememberedSignatureVerifier, rememberedVotes } from "../remembered.ts";
import { simulatedStorage } from "../storage-fixtures.ts";
import { type CanonicalHasher, createTrace } from "../trace.ts";
import { VirtualClock } from "../virtual-clock.ts";
import type { VirtualNetwork } from "../virtual-network.ts";
import { installVoter, votingNetwork } from "../voting-fixtures.ts";
import { FaultyDisk, type LastWrite } from "./faulty-disk.ts";
import { FaultyWeb } from "./faulty-web.ts";
import { FinalityWatch } from "./finality-watch.ts";
import { LedgerOracle } from "./ledger-oracle.ts";
import { type ClockError, Life } from "./life.ts";
import { byzantineVoters, isOverThird, type Scenario } from "./scenario.ts";
import { fateOfHead, type ToldHead } from "./told-head.ts";

/** One node over all its lives. */
export interface WorldNode {
  readonly name: string;
  readonly key: TestKey;
  readonly network: VirtualNetwork;
  readonly clockError: ClockError;
  produces: boolean;
  disk: FaultyDisk;
  life: Life;
  node: AetherNode;
  /** Whether it has started and lives. */
  up: boolean;
  /** The newest head its user was told of. */
  told: ToldHead | null;
  /** Transactions taken in from its user. */
  readonly acknowledged: Map<string, PreparedTransaction>;
  /** What its user was told of transactions that are gone. */
  readonly dropped: Map<string, string>;
}

/** What a world may be made of instead of the usual. */
export interface WorldParts {
  /** Gets a line for everything that happens. */
  readonly log?: ((line: string) => void) | undefined;
  /** What voters sign with: the stand-in if absent. */
  readonly votes?: VoteSignatures | undefined;
  /** What makes and checks the work of blocks: the stand-in for proofs if absent. */
  readonly work?: SimulatedWork | undefined;
}

/** Makes one node's ports for the work of blocks; `clock` ends with the node's life. */
export type SimulatedWork = (
  entropy: Entropy,
  clock: Clock,
) => Pick<NodePorts, "segmentProver" | "segmentVerifier" | "poseidon" | "sampler">;

/** Something that must never happen. */
export interface Violation {
  readonly atMs: number;
  readonly what: string;
}

/** Up to so many nodes everybody is everybody's peer. */
const fullMeshNodes = 24;

/** Beyond that a node has peers at these distances around a ring: twelve, four hops apart at 200 nodes. */
const ringDistances: ReadonlySet<number> = new Set([1, 2, 5, 11, 23, 47]);

function sparseLinks(count: number): (a: string, b: string) => boolean {
  const numberOf = (name: string): number => (name.startsWith("node-") ? Number(name.slice(5)) : Number.NaN);
  return (a, b) => {
    const distance = Math.abs(numberOf(a) - numberOf(b));
    return Number.isNaN(distance) || ringDistances.has(Math.min(distance, count - distance));
  };
}

function withLeak(parameters: NetworkParameters, leakQuotient: number | null): NetworkParameters {
  if (leakQuotient === null) return parameters;
  return { ...parameters, finality: { ...parameters.finality, leakQuotient: BigInt(leakQuotient) } };
}

/** A world in motion. */
export class World {
  readonly clock = new VirtualClock(testParameters.genesis.timeMs + 3_600_000);
  readonly startMs: number = this.clock.nowMs();
  readonly random: Random;
  readonly web: FaultyWeb;
  readonly nodes: WorldNode[] = [];
  /** Nodes that share a voter's key two and two: real ones, but nobody answers for what they do. */
  readonly twins: WorldNode[] = [];
  readonly rules: FixtureNetwork;
  readonly votes: VoteSignatures;
  readonly oracle: LedgerOracle;
  readonly finality = new FinalityWatch();
  readonly violations: Violation[] = [];
  readonly faults = new Map<string, number>();
  /** Planned deaths that happened, by what became of the write. */
  readonly deaths = new Map<LastWrite | "failed", number>();
  /** Whether more than a third of the voters breaks the rules: then finality may split, and the guilty must be shown. */
  readonly overThird: boolean;
  reorganisations = 0;
  deepestReorganisation = 0;
  /** Moves of heads, of all nodes. */
  moves = 0;
  private readonly healings: (() => void)[] = [];
  private readonly scenario: Scenario;
  private readonly work: SimulatedWork;
  private readonly log: (line: string) => void;
  private readonly entropy: Random;
  private readonly trace: CanonicalHasher = createTrace();
  private readonly signatureVerifier = rememberedSignatureVerifier();
  private readonly beaconVerifier = rememberedBeaconVerifier();

  constructor(scenario: Scenario, seed: number, parts: WorldParts = {}) {
    const { log = () => undefined, votes = emulatedVotes, work = emulatedWork } = parts;
    this.work = work;
    this.overThird = isOverThird(scenario);
    this.scenario = scenario;
    this.votes = rememberedVotes(votes);
    const base = withLeak({ ...testParameters, storage: simulatedStorage }, scenario.leakQuotient);
    this.rules =
      scenario.voters === 0
        ? { ...testNetwork, parameters: base }
        : votingNetwork(scenario.voters + byzantineVoters(scenario), this.votes, base);
    this.oracle = new LedgerOracle(this.rules, this.votes, (hash) => this.bodyOf(hash));
    this.log = log;
    this.random = new Random(seed);
    this.entropy = new Random(seed ^ 0x2545f491);
    this.web = new FaultyWeb(this.clock, new Random(seed ^ 0x5bd1e995), scenario.links);
    if (scenario.nodes > fullMeshNodes) this.web.mayLink = sparseLinks(scenario.nodes);
  }

  /** Virtual time since the beginning. */
  get elapsedMs(): number {
    return this.clock.nowMs() - this.startMs;
  }

  /** Hash over everything that has happened. */
  traceHash(): string {
    return this.trace.digest();
  }

  /** One of several, by lot. */
  pick<T>(from: readonly T[]): T | undefined {
    return from[this.random.between(0, Math.max(0, from.length - 1))];
  }

  /** What ends with the faults. */
  atHealing(action: () => void): void {
    this.healings.push(action);
  }

  /** Ends what is wrong with links. Where people vote, none loses messages from now on: they have 30 seconds. */
  heal(): void {
    this.note("healed for good");
    this.web.partition();
    for (const heal of this.healings) heal();
    if (this.scenario.voters > 0) this.web.links = { ...this.web.links, loss: 0 };
  }

  /** Notes something that happened. */
  note(line: string): void {
    this.trace.add(`${this.elapsedMs} ${line}`);
    this.log(`${(this.elapsedMs / 1_000).toFixed(3)} s  ${line}`);
  }

  /** Notes a fault and counts its kind. */
  fault(kind: string, line = ""): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    this.note(`fault ${kind} ${line}`);
  }

  /** Notes something that must not happen. */
  violate(what: string): void {
    this.violations.push({ atMs: this.elapsedMs, what });
    this.note(`VIOLATION ${what}`);
  }

  /** Makes a node and starts it; the first ones vote. `before` may do something to it before it starts. */
  async add(before: (node: WorldNode) => void = () => undefined): Promise<WorldNode> {
    const number = this.nodes.length;
    const voter = number < this.scenario.voters ? number : null;
    const node = await this.make(`node-${number}`, number, voter, number < this.scenario.producers);
    this.nodes.push(node);
    before(node);
    await this.begin(node);
    return node;
  }

  /** Makes two nodes that vote with the key of one voter. */
  async addTwins(voter: number, produce = false): Promise<void> {
    for (let i = 0; i < 2; i++) {
      const number = this.twins.length;
      const node = await this.make(`twin-${number}`, 500 + number, voter, produce);
      this.twins.push(node);
      node.up = (await node.node.start()).ok;
      if (produce) node.node.running.production.start();
    }
  }

  private async make(name: string, number: number, voter: number | null, produces: boolean): Promise<WorldNode> {
    const { skewMs, driftPerMillion } = this.scenario.clocks;
    const network = this.web.join(name);
    const clockError = {
      skewMs: this.random.between(-skewMs, skewMs),
      driftPerMillion: this.random.between(-driftPerMillion, driftPerMillion),
    };
    const node: WorldNode = {
      name,
      key: testKey(1_000 + number),
      network,
      clockError,
      produces,
      ...this.born(name, network, clockError, testKey(1_000 + number), (onDeath) => new FaultyDisk(onDeath)),
      up: false,
      told: null,
      acknowledged: new Map(),
      dropped: new Map(),
    };
    if (voter !== null) await installVoter(node.disk, voter, this.votes);
    return node;
  }

  /** Ends a node's process at once. */
  kill(node: WorldNode): void {
    node.up = false;
    node.disk.kill();
    node.life.end();
    void node.network.stop();
  }

  /** Starts a dead node on what is on its disk. */
  async revive(node: WorldNode): Promise<void> {
    if (node.life.alive) return;
    const disk = node.disk;
    Object.assign(
      node,
      this.born(node.name, node.network, node.clockError, node.key, (onDeath) => disk.next(onDeath)),
    );
    this.note(`${node.name} starts again`);
    await this.begin(node);
  }

  /** Checks every living node once more. */
  async checkAll(): Promise<void> {
    for (const node of this.nodes) if (node.up) await this.check(node);
  }

  /** Whether all nodes have one head. */
  agree(nodes: readonly WorldNode[] = this.nodes): boolean {
    return new Set(nodes.map(({ node, up }) => (up ? node.running.chain.head.name : "down"))).size === 1;
  }

  private async bodyOf(hash: Uint8Array): Promise<Uint8Array | undefined> {
    // Whoever found it may have died at the very next write.
    for (const { disk } of this.nodes) {
      const bytes = await disk.keptValue("bodies", hash);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  private born(
    name: string,
    network: VirtualNetwork,
    clockError: ClockError,
    key: TestKey,
    makeDisk: (onDeath: (write: LastWrite | "failed") => void) => FaultyDisk,
  ): { disk: FaultyDisk; life: Life; node: AetherNode } {
    const life = new Life(
      this.clock,
      this.startMs,
      clockError,
      network,
      (topic, message) => {
        if (topic === "vote" && name.startsWith("node")) this.voted(name, message);
      },
      (topic, message) => {
        if (topic === "block" && name.startsWith("node")) this.arrived(name, message);
      },
    );
    const disk = makeDisk((write) => {
      this.deaths.set(write, (this.deaths.get(write) ?? 0) + 1);
      this.note(`${name} ${write === "failed" ? "cannot write" : "dies"}`);
      if (write === "failed") return;
      life.end();
      const node = this.nodes.find((one) => one.life === life);
      if (node !== undefined) node.up = false;
      void network.stop();
    });
    const node = new AetherNode(
      {
        store: disk,
        network: life.network,
        clock: life.clock,
        entropy: this.entropy,
        log: (record) => this.logged(name, record),
        signatureVerifier: this.signatureVerifier,
        beaconVerifier: this.beaconVerifier,
        votes: this.votes,
        nonceSearch: createInThreadNonceSearch(life.clock),
        ...this.work(this.entropy, life.clock),
      },
      { parameters: this.rules.parameters, version: "simulated", rewardKeyHash: key.keyHash },
    );
    return { disk, life, node };
  }

  private async begin(node: WorldNode): Promise<void> {
    const { life } = node;
    node.node.subscribe((event) => {
      if (life.alive && node.life === life) this.heard(node, event);
    });
    // Who dies while it starts never answers.
    const started = await Promise.race([node.node.start(), life.ended]).catch((error: unknown) => {
      // A program that cannot read or write its database says so and ends.
      if (error instanceof StorageFailure) this.kill(node);
      else throw error;
      return null;
    });
    if (!life.alive || started === null) return;
    if (!started.ok) return this.violate(`${node.name} does not start: ${started.message}`);
    node.up = true;
    await this.checkKept(node);
    if (node.produces && life.alive) node.node.running.production.start();
  }

  private logged(name: string, { level, source, message }: LogRecord): void {
    if (level !== "debug" || source === "peers")
      this.log(`${(this.elapsedMs / 1_000).toFixed(3)} s    ${name} ${source}: ${message}`);
  }

  private heard(node: WorldNode, event: NodeEvent): void {
    if (event.type === "head") {
      this.moves++;
      this.note(`${node.name} head ${event.height} ${toHex(event.hash)}`);
      if (event.reorganised > 0) this.reorganisations++;
      this.deepestReorganisation = Math.max(this.deepestReorganisation, event.reorganised);
      // A repair begins at genesis: what comes of it is judged when the node has started.
      if (node.up) void this.checkTold(node, "in a move");
      void this.check(node);
    }
    if (event.type === "head" || event.type === "finality") this.watchFinality(node);
    if (event.type !== "transaction") return;
    const name = toHex(event.id);
    this.note(`${node.name} ${event.standing.state} ${name}`);
    if (event.standing.state === "dropped") node.dropped.set(name, event.standing.message);
    else node.dropped.delete(name);
  }

  private voted(name: string, message: Uint8Array): void {
    const decoded = decodeGossip(message);
    if (!decoded.ok || decoded.value.type !== "vote") return this.violate(`${name} publishes what is no vote`);
    const wrong = this.finality.voted(name, decoded.value.vote.link);
    if (wrong !== null) this.violate(wrong);
  }

  private arrived(name: string, message: Uint8Array): void {
    const decoded = decodeGossip(message);
    if (!decoded.ok || (decoded.value.type !== "header" && decoded.value.type !== "block")) return;
    const header = decoded.value.type === "block" ? decoded.value.block.header : decoded.value.header;
    this.finality.arrived(name, { height: header.height, name: toHex(headerHash(header)) }, this.clock.nowMs());
  }

  private watchFinality({ name, node }: WorldNode): void {
    const { chain } = node.running;
    const before = this.finality.heightOf(name);
    const conflicts = this.finality.conflicts.length;
    const wrong = this.finality.look(name, chain, this.clock.nowMs());
    if (wrong !== null) this.violate(wrong);
    for (const { height, nodes } of this.finality.conflicts.slice(conflicts)) {
      const line = `${nodes.join(" and ")} hold different blocks ${height} for final`;
      if (this.overThird) this.fault("conflict", line);
      else this.violate(line);
    }
    if (this.finality.heightOf(name) !== before) this.note(`${name} finalises ${this.finality.heightOf(name)}`);
  }

  private async check(node: WorldNode): Promise<void> {
    const { chain } = node.node.running;
    const wrong = await this.oracle.check(chain, chain.head, chain.state);
    if (wrong !== null) this.violate(`${node.name}: ${wrong}`);
  }

  /** The head is as good as the one its user was told of before, or votes went against that: then it is kept aside. */
  private async checkTold(node: WorldNode, when: string): Promise<void> {
    const { head, index, finality } = node.node.running.chain;
    const { told, disk, name } = node;
    node.told = { head, index };
    if (told === null) return;
    const fate = fateOfHead(told, { head, index, finality });
    const gone = fate === "outvoted" && (await disk.keptValue("bodies", told.head.hash)) === undefined;
    if (fate === "lost" || gone)
      this.violate(`${name} lost acknowledged blocks: it is at height ${head.height} ${when}`);
  }

  /** After a restart: what was acknowledged in an earlier life is there, or its user was told otherwise. */
  private async checkKept(node: WorldNode): Promise<void> {
    await this.checkTold(node, "after a restart");
    this.watchFinality(node);
    for (const [name, { id }] of node.acknowledged) {
      if (node.dropped.has(name)) continue;
      const found = await node.node.requests.transaction(id);
      if (!found.ok && node.life.alive)
        this.violate(`${node.name} lost the acknowledged transaction ${name} in a restart`);
    }
    await this.check(node);
  }
}
