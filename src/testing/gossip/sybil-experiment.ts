/**
 * Honest routers among Sybils that join every mesh and pass nothing on: how much of what honest nodes publish reaches all
 * the others, and when.
 * @module
 */
import { type GossipsubOpts, TopicValidatorResult } from "@libp2p/gossipsub";
import { bigEndian, concatBytes, fromBigEndian } from "#protocol/codec/bytes.ts";
import { networkLimits } from "../../platform/libp2p/limits.ts";
import { gossipOptions } from "../../platform/libp2p/services.ts";
import { Random } from "../random.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { onBorrowedTime } from "./borrowed-time.ts";
import { type Router, RouterWeb } from "./router-web.ts";

/** What is played. */
export interface SybilScenario {
  readonly seed: number;
  readonly honest: number;
  /** Of the honest, those that everybody connects to. */
  readonly seeds: number;
  readonly sybils: number;
  /** Honest nodes each Sybil forces itself upon. */
  readonly sybilLinks: number;
  readonly forMs: number;
  readonly messagesPerSecond: number;
  readonly options: Partial<GossipsubOpts>;
}

/** What came of it. */
export interface SybilReport {
  readonly published: number;
  /** Of published × (honest − 1). */
  readonly deliveredShare: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
  /** Mean share of Sybils in honest nodes' meshes at the end. */
  readonly sybilShareOfMeshes: number;
}

/** The size that the design asks for: 40 honest nodes, two of them seeds, and 160 Sybils, for three minutes. */
export const fullSize: SybilScenario = {
  seed: 1,
  honest: 40,
  seeds: 2,
  sybils: 160,
  sybilLinks: 8,
  forMs: 180_000,
  messagesPerSecond: 2,
  options: gossipOptions,
};

const wanted = { leastDelivered: 0.999, mostP99Ms: 6_000 } as const;

/** Whether a report is what the design asks for. */
export function withstandsSybils({ deliveredShare, p99Ms }: SybilReport): boolean {
  return deliveredShare >= wanted.leastDelivered && p99Ms <= wanted.mostP99Ms;
}

const topic = "/aether/simulated/transaction";
const messageBytes = 600;
/** Routers find their meshes before the first message counts, and what was published last may still arrive. */
const settleMs = 10_000;
const drainMs = 10_000;

/** Plays the scenario on virtual time. */
export function playSybils(scenario: SybilScenario): Promise<SybilReport> {
  const random = new Random(scenario.seed);
  const clock = new VirtualClock(1_800_000_000_000);
  return onBorrowedTime(clock, new Random(scenario.seed ^ 0x5bd1e995), () => play(scenario, clock, random));
}

async function build(scenario: SybilScenario, clock: VirtualClock, random: Random): Promise<Router[]> {
  const web = new RouterWeb(clock, random, { leastMs: 20, mostMs: 200 });
  for (let i = 0; i < scenario.honest + scenario.sybils; i++) {
    const honest = i < scenario.honest;
    web.add(honest ? `honest-${i}` : `sybil-${i}`, scenario.options);
  }
  for (const { pubsub } of web.routers) await pubsub.start();
  for (const { pubsub, name } of web.routers) {
    const verdict = name.startsWith("honest") ? TopicValidatorResult.Accept : TopicValidatorResult.Ignore;
    pubsub.topicValidators.set(topic, () => verdict);
    pubsub.subscribe(topic);
  }
  const pick = (below: number): Router => web.routers[random.between(0, below - 1)] as Router;
  // Sybils are there first, as they would be.
  for (const router of web.routers.slice(scenario.honest)) {
    for (let i = 0; i < scenario.sybilLinks; i++) web.connect(router, pick(scenario.honest));
  }
  for (const router of web.routers) {
    for (const seed of web.routers.slice(0, scenario.seeds)) web.connect(router, seed);
  }
  for (const router of web.routers.slice(0, scenario.honest)) {
    for (let i = 0; i < networkLimits.wantedPeers; i++) web.connect(router, pick(web.routers.length));
  }
  return web.routers;
}

async function play(scenario: SybilScenario, clock: VirtualClock, random: Random): Promise<SybilReport> {
  const routers = await build(scenario, clock, random);
  const honest = routers.slice(0, scenario.honest);
  const publishedAtMs: number[] = [];
  const delaysMs: number[] = [];
  for (const { pubsub } of honest) {
    pubsub.addEventListener("gossipsub:message", ({ detail }) => {
      const number = Number(fromBigEndian(detail.msg.data.subarray(0, 8)));
      delaysMs.push(clock.nowMs() - (publishedAtMs[number] as number));
    });
  }
  await clock.run(clock.nowMs() + settleMs);
  const count = Math.round((scenario.forMs / 1_000) * scenario.messagesPerSecond);
  for (let i = 0; i < count; i++) {
    const publisher = honest[random.between(0, honest.length - 1)] as Router;
    publishedAtMs.push(clock.nowMs());
    const data = concatBytes(bigEndian(i, 8), random.bytes(messageBytes - 8));
    await publisher.pubsub.publish(topic, data);
    await clock.run(clock.nowMs() + Math.round(1_000 / scenario.messagesPerSecond));
  }
  await clock.run(clock.nowMs() + drainMs);
  const meshes = honest.flatMap(({ pubsub }) => pubsub.getMeshPeers(topic));
  for (const { pubsub } of routers) await pubsub.stop();
  const sorted = delaysMs.sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return {
    published: count,
    deliveredShare: sorted.length / (count * (honest.length - 1)),
    ...{ p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1) },
    sybilShareOfMeshes: meshes.filter((name) => name.startsWith("sybil")).length / Math.max(1, meshes.length),
  };
}
