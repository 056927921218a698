/**
 * What an adversary from a file can do in a simulated world (`--adversary FILE`; an example is in `testing/adversaries`). The
 * file exports `voters`, how many stakes it holds, and a default function that gets all this and sets its timers.
 * @module
 */
import type { Topic } from "#node/ports.ts";
import type { Link } from "#protocol/consensus/votes.ts";
import { voteDigest } from "#protocol/consensus/votes.ts";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { rejected } from "#protocol/result.ts";
import { type ByzantineParts, linksFor } from "./byzantine.ts";
import { idle } from "./villains.ts";

/** The world as an adversary sees it. */
export interface AdversaryWorld {
  /** Its own name in the network. */
  readonly name: string;
  /** Secrets of its voters. */
  readonly secrets: readonly Uint8Array[];
  /** Names of the honest nodes that live now. */
  names(): readonly string[];
  /** What an honest voter on a node would vote for now. */
  links(name: string): readonly Link[];
  /** Bytes of a vote, as gossip carries it. */
  vote(secret: Uint8Array, link: Link): Promise<Uint8Array>;
  /** Sends gossip, valid or not, to some nodes. */
  send(names: readonly string[], topic: Topic, message: Uint8Array): void;
  /** Hears gossip; it is not passed on. */
  onMessage(listener: (from: string, topic: Topic, message: Uint8Array) => void): void;
  /** Virtual time, in milliseconds. */
  now(): number;
  schedule(delayMs: number, action: () => void): void;
  /** At least 0, below 1; follows from the seed. */
  random(): number;
}

/** An adversary. */
export type Adversary = (world: AdversaryWorld) => void;

/** Brings an adversary into a world. */
export function startAdversary(adversary: Adversary, parts: ByzantineParts): void {
  const { network, clock, random, secrets, votes, rules, nodes } = parts;
  const listeners: ((from: string, topic: Topic, message: Uint8Array) => void)[] = [];
  void network.start({
    ...idle,
    onGossip: (from, topic, message) => {
      for (const listener of listeners) listener(from, topic, message);
      return Promise.resolve("ignore");
    },
    onRequest: () => Promise.resolve(rejected("not-found", "Nothing.")),
  });
  adversary({
    name: network.selfId(),
    secrets,
    names: () => nodes().map(({ name }) => name),
    links: (name) => nodes().flatMap((node) => (node.name === name ? linksFor(node.chain) : [])),
    vote: async (secret, link) => {
      const signature = await votes.sign(secret, voteDigest(rules.networkId, link));
      return encodeGossip({ type: "vote", vote: { link, key: votes.keyOf(secret), signature } });
    },
    send: (names, topic, message) => network.injectTo(names, topic, message),
    onMessage: (listener) => listeners.push(listener),
    now: () => clock.nowMs(),
    schedule: (delayMs, action) => void clock.schedule(delayMs, action),
    random: () => random.fraction(),
  });
}
