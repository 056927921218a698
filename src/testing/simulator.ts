/**
 * Many real node cores in one process on virtual time, network and disk, all from one printed seed: equal seeds give
 * equal runs, shown by a hash over everything that happened. For tests that steer by hand; `simulation/` runs scenarios.
 * @module
 */

import { toHex } from "#protocol/codec/bytes.ts";
import { pureSignatureVerifier } from "#protocol/crypto/signature.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { AetherNode } from "../node/node.ts";
import type { NodeOptions, NodePorts } from "../node/node-options.ts";
import { createInThreadNonceSearch } from "../platform/memory/in-thread.ts";
import { emulatedWork } from "./emulated-proofs.ts";
import { emulatedVotes } from "./emulated-votes.ts";
import { type TestKey, testKey, testParameters } from "./ledger-fixtures.ts";
import { Random } from "./random.ts";
import { rememberedBeaconVerifier } from "./remembered.ts";
import { valueError } from "./simulation/ledger-oracle.ts";
import { type CanonicalHasher, createTrace } from "./trace.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { VirtualDisk } from "./virtual-disk.ts";
import { type LinkQuality, type VirtualNetwork, VirtualWeb } from "./virtual-network.ts";
import { installVoter, votingParameters } from "./voting-fixtures.ts";

/** Links of a good day. */
export const goodLinks: LinkQuality = { leastDelayMs: 5, mostDelayMs: 60, loss: 0, duplication: 0 };

/** What a node keeps of old blocks and for others, and which snapshots it offers. */
type StorageOptions = Pick<NodeOptions, "retention" | "snapshots" | "checkpoint" | "pinned" | "keepsMail"> & {
  /** Whether it keeps a gibibyte of others' files. */
  readonly keepsFiles?: boolean;
};

/** One simulated node with the world it runs in. */
export interface SimulatedNode {
  readonly name: string;
  readonly key: TestKey;
  readonly network: VirtualNetwork;
  readonly storage: StorageOptions;
  /** Ports that are not the usual ones. */
  readonly ports: Partial<NodePorts>;
  node: AetherNode;
  disk: VirtualDisk;
}

/** A world of nodes. */
export class Simulation {
  readonly seed: number;
  readonly random: Random;
  readonly clock: VirtualClock;
  readonly web: VirtualWeb;
  readonly nodes: SimulatedNode[] = [];
  readonly parameters: NetworkParameters;
  private readonly voters: number;
  /** Every node checks every proof; the same check gives the same answer, so it is made once for all of them. */
  private readonly beaconVerifier = rememberedBeaconVerifier();
  private readonly trace: CanonicalHasher = createTrace();

  /** `voters`: the first so many nodes vote from the beginning. `rules`: those of a world without voters. */
  constructor(seed: number, links: LinkQuality = goodLinks, voters = 0, rules: NetworkParameters = testParameters) {
    this.seed = seed;
    this.voters = voters;
    this.parameters = voters === 0 ? rules : votingParameters(voters, emulatedVotes);
    this.random = new Random(seed);
    this.clock = new VirtualClock(testParameters.genesis.timeMs + 3_600_000);
    this.web = new VirtualWeb(this.clock, new Random(seed ^ 0x5bd1e995), links);
  }

  /** Hash over all events so far. */
  traceHash(): string {
    return this.trace.digest();
  }

  /** Adds and starts a node. `votes`: whether it has its voter's secret, if it is one of the voters. */
  async add(
    options: {
      produce?: boolean;
      votes?: boolean;
      disk?: VirtualDisk;
      ports?: Partial<NodePorts>;
    } & StorageOptions = {},
  ): Promise<SimulatedNode> {
    const number = this.nodes.length;
    const name = `node-${number}`;
    const { produce = false, votes = true, disk = new VirtualDisk(), ports = {}, ...storage } = options;
    const network = this.web.join(name);
    if (options.keepsMail === true || options.keepsFiles === true) this.web.seeds.add(name);
    const key = testKey(1_000 + number);
    if (votes && number < this.voters) await installVoter(disk, number, emulatedVotes);
    const simulated: SimulatedNode = {
      name,
      key,
      network,
      disk,
      storage,
      ports,
      node: this.build({ name, disk, network, key, storage, ports }, produce),
    };
    this.nodes.push(simulated);
    const started = await simulated.node.start();
    if (!started.ok) throw new Error(started.message);
    return simulated;
  }

  /** Ends a node's process as a power cut would and starts it again on its disk. */
  async restart(simulated: SimulatedNode, produce = false): Promise<void> {
    await simulated.network.stop();
    simulated.node.running.production.stop();
    simulated.disk = simulated.disk.restart();
    simulated.node = this.build(simulated, produce);
    const started = await simulated.node.start();
    if (!started.ok) throw new Error(started.message);
  }

  /** Runs for some virtual time, or until a condition holds; then checks the invariants. */
  async run(forMs: number, done?: () => boolean): Promise<boolean> {
    const reached = await this.clock.run(this.clock.nowMs() + forMs, done);
    this.checkInvariants();
    return reached;
  }

  /** Whether all (or some) nodes have one head. */
  agree(nodes: readonly SimulatedNode[] = this.nodes): boolean {
    return new Set(nodes.map(({ node }) => node.running.chain.head.name)).size === 1;
  }

  /** What must hold at any time on every node: the state is the one its head names, and no coin appears or vanishes. */
  checkInvariants(): void {
    for (const { name, node, disk } of this.nodes) {
      if (disk.crashed) continue;
      const { state, head } = node.running.chain;
      if (toHex(state.root()) !== toHex(head.header.stateRoot))
        throw new Error(`seed ${this.seed}: ${name} has a foreign state`);
      const wrong = valueError(state);
      if (wrong !== null) throw new Error(`seed ${this.seed}: ${name} lost value: ${wrong}`);
    }
  }

  private build(
    { name, disk: store, network, key, storage, ports }: Omit<SimulatedNode, "node">,
    produce: boolean,
  ): AetherNode {
    const node = new AetherNode(
      {
        store,
        network,
        clock: this.clock,
        entropy: this.random,
        log: () => undefined,
        signatureVerifier: pureSignatureVerifier,
        beaconVerifier: this.beaconVerifier,
        votes: emulatedVotes,
        nonceSearch: createInThreadNonceSearch(this.clock),
        ...emulatedWork(this.random),
        ...ports,
      },
      {
        parameters: this.parameters,
        version: "simulated",
        rewardKeyHash: key.keyHash,
        produce,
        ...(storage.keepsFiles === true ? { othersFilesBytes: 2 ** 30 } : {}),
        ...storage,
      },
    );
    node.subscribe((event) => {
      if (event.type === "head") this.trace.add(`${this.clock.nowMs()} ${name} head ${toHex(event.hash)}`);
      if (event.type === "transaction")
        this.trace.add(`${this.clock.nowMs()} ${name} ${event.standing.state} ${toHex(event.id)}`);
    });
    return node;
  }
}
