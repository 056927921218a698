/**
 * Voters that do not keep to the rules. They know the secrets of their stakes, see every chain as if they had spies
 * everywhere, and choose who gets which of their messages.
 * @module
 */
import type { NetworkHandlers, VoteSignatures } from "#node/ports.ts";
import {
  type Checkpoint,
  firstEpochOf,
  heightOfEpoch,
  type Link,
  secondRoundOf,
  voteDigest,
} from "#protocol/consensus/votes.ts";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { rejected } from "#protocol/result.ts";
import type { Chain } from "../../node/chain.ts";
import { firstRoundFor } from "../../node/voting/certificates.ts";
import { type ActiveVillain, idle, type VillainParts } from "./villains.ts";

/** What a holder of stakes works with. */
export interface ByzantineParts extends VillainParts {
  readonly votes: VoteSignatures;
  /** Secrets of its voters. */
  readonly secrets: readonly Uint8Array[];
  /** Every node that keeps to the rules and lives, with its chain. */
  nodes(): readonly { readonly name: string; readonly chain: Chain }[];
  /** Whether no partition is between two nodes. */
  together(a: string, b: string): boolean;
}

const mute: NetworkHandlers = {
  ...idle,
  onGossip: () => Promise.resolve("ignore"),
  onRequest: () => Promise.resolve(rejected("not-found", "Nothing.")),
};

/** The links that a chain's rules ask its voters for now: the head's first round, and the justified block's second. */
export function linksFor({ head, finality }: Chain): readonly Link[] {
  const electorate = finality.electorateAt(head);
  if (electorate === undefined || head.height === 0) return [];
  const { justified, finalised } = finality;
  const second = heightOfEpoch(justified.epoch) > finalised.height ? [secondRoundOf(justified)] : [];
  return [...second, ...(head.height > finalised.height ? [firstRoundFor(head, electorate)] : [])];
}

/** Signs a link with each secret and sends the votes to some nodes. */
async function cast(
  { votes, secrets, rules, network }: ByzantineParts,
  link: Link,
  to: readonly string[],
): Promise<void> {
  for (const secret of secrets) {
    const signature = await votes.sign(secret, voteDigest(rules.networkId, link));
    const message = encodeGossip({ type: "vote", vote: { link, key: votes.keyOf(secret), signature } });
    network.injectTo(to, "vote", message);
  }
}

/** Votes for whatever each node has; where all agree, for blocks that are not there, too; and around its earlier votes. */
export function equivocatingVillain(parts: ByzantineParts): ActiveVillain {
  const { network, random, nodes } = parts;
  void network.start(mute);
  return {
    act: () => {
      const all = nodes();
      for (const { name, chain } of all) for (const link of linksFor(chain)) void cast(parts, link, [name]);
      const [first] = all;
      const honest = first === undefined ? undefined : linksFor(first.chain).at(-1);
      if (first === undefined || honest === undefined) return "equivocation";
      const half = all.map(({ name }) => name).filter(() => random.fraction() < 0.5);
      if (random.fraction() < 0.5) {
        const elsewhere: Checkpoint = { ...honest.target, hash: random.bytes(32) };
        void cast(parts, { ...honest, target: elsewhere }, half);
        return "double-vote";
      }
      const genesis = { epoch: 0, hash: first.chain.index.genesis.hash };
      const target = { epoch: firstEpochOf(heightOfEpoch(honest.target.epoch) + 3), hash: random.bytes(32) };
      void cast(parts, { source: genesis, target }, half);
      return "surround-vote";
    },
  };
}

/**
 * Keeps to the rules as long as everybody is together. When a partition parts the nodes it votes on each side as if that
 * were the world, so that both finalise.
 */
export function colludingVillain(parts: ByzantineParts): ActiveVillain {
  const { network, nodes, together } = parts;
  /** The newest vote that each node's side was told of. */
  const journals = new Map<string, Link>();
  void network.start(mute);
  const voteOn = (side: ReturnType<typeof nodes>): void => {
    const names = side.map(({ name }) => name);
    const watched = side.reduce((best, node) => (node.chain.head.height > best.chain.head.height ? node : best));
    for (const link of linksFor(watched.chain)) {
      const told = names.flatMap((name) => journals.get(name) ?? []);
      if (told.some(({ source, target }) => link.target.epoch <= target.epoch || link.source.epoch < source.epoch))
        continue;
      for (const name of names) journals.set(name, link);
      void cast(parts, link, names);
    }
  };
  return {
    act: () => {
      const left = [...nodes()];
      let sides = 0;
      for (; left.length > 0; sides++) {
        const [first] = left as [(typeof left)[number]];
        const side = left.filter(({ name }) => together(first.name, name));
        for (const node of side) left.splice(left.indexOf(node), 1);
        voteOn(side);
      }
      return sides > 1 ? "collusion" : "silence";
    },
  };
}

/** Keeps to the rules of voting, but lets others wait: each vote comes late, and to some nodes only. */
export function withholdingVillain(parts: ByzantineParts, lateMs: number): ActiveVillain {
  const { network, random, clock, nodes } = parts;
  let last: Link | null = null;
  void network.start(mute);
  return {
    act: () => {
      const all = nodes();
      const watched = all[random.between(0, Math.max(0, all.length - 1))];
      for (const link of watched === undefined ? [] : linksFor(watched.chain)) {
        if (last !== null && (link.target.epoch <= last.target.epoch || link.source.epoch < last.source.epoch))
          continue;
        last = link;
        const to = all.map(({ name }) => name).filter(() => random.fraction() < 0.4);
        clock.schedule(random.between(0, lateMs), () => void cast(parts, link, to));
        return "withheld-vote";
      }
      return "silence";
    },
  };
}

/** Votes that count for nothing, so that checking them costs what it costs. */
export function garbageVotesVillain({ network, random, rules, chain, votes }: ByzantineParts): ActiveVillain {
  void network.start(mute);
  const known = (): Link | undefined => {
    const followed = chain();
    return followed === null ? undefined : linksFor(followed)[0];
  };
  return {
    act: () => {
      const link = known();
      const what = random.between(0, 3);
      if (link === undefined || what === 0) {
        network.inject("vote", random.bytes(random.between(1, 400)));
        return "vote-noise";
      }
      const voter = rules.parameters.genesis.voters[random.between(0, rules.parameters.genesis.voters.length - 1)];
      const key = what === 1 || voter === undefined ? votes.keyOf(votes.secretFrom(random.bytes(32))) : voter.key;
      const far = { ...link, target: { ...link.target, epoch: link.target.epoch + 1 + random.between(0, 1 << 20) } };
      const vote = { link: what === 3 ? far : link, key, signature: random.bytes(96) };
      network.inject("vote", encodeGossip({ type: "vote", vote }));
      return ["", "vote-of-nobody", "forged-vote", "far-vote"][what] as string;
    },
  };
}
