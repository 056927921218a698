/**
 * Brings a scenario's villains into a world: each with what it may know and the stakes it holds.
 * @module
 */
import { voterSecret } from "../voting-fixtures.ts";
import { startAdversary } from "./adversary.ts";
import {
  type ByzantineParts,
  colludingVillain,
  equivocatingVillain,
  garbageVotesVillain,
  withholdingVillain,
} from "./byzantine.ts";
import { forgedCertificateVillain, invalidBlockVillain } from "./false-blocks.ts";
import type { Scenario, Villain } from "./scenario.ts";
import { type ActiveVillain, eclipseVillain, floodVillain, garbageVillain } from "./villains.ts";
import type { World, WorldNode } from "./world.ts";

/** A villain with its part. */
export interface CastVillain {
  readonly name: string;
  readonly active: ActiveVillain;
  readonly everyMs: number;
}

/** Identities of an eclipse do something that can be counted this often. */
const eclipseEveryMs = 30_000;

/** Casts all villains of a scenario; what they do is to be called at its pace. */
export async function castVillains(world: World, scenario: Scenario): Promise<readonly CastVillain[]> {
  const cast: CastVillain[] = [];
  let voter = scenario.voters;
  for (const villain of scenario.villains) {
    const secrets: Uint8Array[] = [];
    for (let i = 0; "voters" in villain && i < villain.voters; i++) {
      if (villain.kind === "twins") await world.addTwins(voter++);
      else secrets.push(voterSecret(voter++, world.votes));
    }
    const parts = (number: number): ByzantineParts =>
      partsFor(world, `villain-${cast.length}-${number}`, secrets, `/ip4/10.66.${number}.1/tcp/1/ws`);
    for (const [active, everyMs] of enter(villain, world, parts)) {
      cast.push({ name: `${villain.kind}-${cast.length}`, active, everyMs });
    }
  }
  return cast;
}

/** What a villain can see and do. */
export function partsFor(world: World, name: string, secrets: readonly Uint8Array[], address?: string): ByzantineParts {
  const honest = world.nodes[0] as WorldNode;
  world.web.everywhere.add(name);
  return {
    network: world.web.join(name, address),
    clock: world.clock,
    random: world.random,
    chain: () => (honest.up ? honest.node.running.chain : null),
    owner: honest.key,
    rules: world.rules,
    votes: world.votes,
    secrets,
    together: (a, b) => world.web.reaches(a, b),
    nodes: () => world.nodes.flatMap(({ name: of, up, node }) => (up ? [{ name: of, chain: node.running.chain }] : [])),
  };
}

function enter(
  villain: Villain,
  world: World,
  parts: (number: number) => ByzantineParts,
): readonly (readonly [ActiveVillain, number])[] {
  switch (villain.kind) {
    case "garbage":
      return [[garbageVillain(parts(0)), villain.everyMs]];
    case "invalid-blocks":
      return [[invalidBlockVillain(parts(0)), villain.everyMs]];
    case "flood":
      return [[floodVillain(parts(0)), villain.everyMs]];
    case "equivocating-votes":
      return [[equivocatingVillain(parts(0)), villain.everyMs]];
    case "colluders":
      return [[colludingVillain(parts(0)), villain.everyMs]];
    case "withheld-votes":
      return [[withholdingVillain(parts(0), villain.lateMs), villain.everyMs]];
    case "forged-certificates":
      return [[forgedCertificateVillain(parts(0)), villain.everyMs]];
    case "garbage-votes":
      return [[garbageVotesVillain(parts(0)), villain.everyMs]];
    case "twins":
      return [];
    case "module":
      startAdversary(villain.adversary, parts(0));
      return [];
    case "eclipse": {
      const victim = world.nodes.at(-1) as WorldNode;
      // Of the others only the first still reaches the victim, and it the first.
      const others = [...world.nodes.slice(1, -1), ...world.twins];
      for (const { name } of others) {
        world.web.cut(name, victim.name);
        world.web.cut(victim.name, name);
      }
      world.atHealing(() => {
        for (const { name } of others) {
          world.web.mend(name, victim.name);
          world.web.mend(victim.name, name);
        }
      });
      const identities = Array.from({ length: villain.identities }, (_, i) => i);
      return identities.map((i) => [eclipseVillain(parts(i), villain.clockLieMs), eclipseEveryMs] as const);
    }
  }
}
