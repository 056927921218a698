/**
 * Scenarios: what a simulated world is made of and what befalls it. A scenario is data (TypeScript or JSON); everything
 * that happens in it follows from it and one seed.
 * @module
 */

import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Adversary } from "./adversary.ts";

/** How long a message is on its way. Different delays reorder messages. */
export type Delay =
  | { readonly shape: "uniform"; readonly leastMs: number; readonly mostMs: number }
  /** Mostly near `leastMs`, with a long tail cut at `mostMs`. */
  | { readonly shape: "exponential"; readonly leastMs: number; readonly meanMs: number; readonly mostMs: number }
  /** A share of messages takes the slow way. */
  | { readonly shape: "two-ways"; readonly fastMs: number; readonly slowMs: number; readonly slowShare: number };

/** How links behave. */
export interface Links {
  readonly delay: Delay;
  /** Chance that a message is lost. */
  readonly loss: number;
  /** Chance that gossip arrives twice. */
  readonly duplication: number;
  /**
   * Gossip goes along a mesh, as gossipsub's does, of which each node has chosen so many links itself; without it gossip
   * goes to all peers. Nothing makes up for what a mesh loses, so it belongs to links without loss.
   */
  readonly meshLinks?: number;
}

/** Something that befalls the world at irregular times, on average every `everyMs`. */
export type Fault =
  /** A random part of the nodes is cut off for a while: in both directions, or (one-way) only what it sends. */
  | { readonly kind: "partition"; readonly everyMs: number; readonly forMs: number; readonly oneWay: boolean }
  /** A node's process dies at one of its next writes; the write is there, is not, or is there in part. */
  | {
      readonly kind: "crash";
      readonly everyMs: number;
      readonly downMs: number;
      readonly write: "kept" | "lost" | "torn" | "any";
    }
  /** The nodes are cut into halves with producers in both. */
  | { readonly kind: "split"; readonly everyMs: number; readonly forMs: number }
  /** Writes of a node fail for a while (full disk); then it is restarted. */
  | { readonly kind: "failing-disk"; readonly everyMs: number; readonly forMs: number };

/** Somebody who does not keep to the rules. */
export type Villain =
  /** Holders of stakes that vote for every branch they see and for blocks that never were, each to a part of the nodes. */
  | { readonly kind: "equivocating-votes"; readonly voters: number; readonly everyMs: number }
  /** Holders of stakes whose votes come up to `lateMs` late, and to some nodes only. */
  | { readonly kind: "withheld-votes"; readonly voters: number; readonly everyMs: number; readonly lateMs: number }
  /** Stakes whose key votes on two real nodes at once; a partition puts them on different sides. */
  | { readonly kind: "twins"; readonly voters: number }
  /** Holders of stakes who vote on every side of every split, and do nothing else that is wrong. */
  | { readonly kind: "colluders"; readonly voters: number; readonly everyMs: number }
  /** Mines blocks with real work whose certificates are forged, old or signed by too few. */
  | { readonly kind: "forged-certificates"; readonly everyMs: number }
  /** Somebody from outside: never in a file, `--adversary` brings it. */
  | { readonly kind: "module"; readonly voters: number; readonly adversary: Adversary }
  /** Sends votes of nobody, votes with bad signatures and votes about nothing. */
  | { readonly kind: "garbage-votes"; readonly everyMs: number }
  /** Sends noise and damaged copies of real messages, and answers requests with noise. */
  | { readonly kind: "garbage"; readonly everyMs: number }
  /** Mines blocks with real work that break a rule, and serves them. */
  | { readonly kind: "invalid-blocks"; readonly everyMs: number }
  /** Sends well-formed messages and requests that lead nowhere, many a second. */
  | { readonly kind: "flood"; readonly everyMs: number }
  /** Many identities around one node that has a single honest link left: they hold everything back and lie about time. */
  | { readonly kind: "eclipse"; readonly identities: number; readonly clockLieMs: number };

/** A world and its story. */
export interface Scenario {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  readonly nodes: number;
  /** The first so many nodes produce blocks. */
  readonly producers: number;
  /** The first so many nodes vote from the beginning; 0: nobody does, and nothing is final. Villains' voters come on top. */
  readonly voters: number;
  /** Length of the story; then faults end, and the world must come to rest. */
  readonly durationMs: number;
  /** Time to come to rest in. */
  readonly settleMs: number;
  /** After the story one node goes on for this long, so that what waits is mined. */
  readonly drainMs: number;
  /**
   * The absent lose one part in so many with each block of a stall; null: as on `dev`, where a partition of half a minute is
   * too long for agreement, and meant to be.
   */
  readonly leakQuotient: number | null;
  /** So long after a block has reached a node it must be final there, in 95 of 100 cases; 0: whenever. */
  readonly finalWithinMs: number;
  readonly links: Links;
  /** Node clocks are off by up to `skewMs` and run up to `driftPerMillion` too fast or slow. */
  readonly clocks: { readonly skewMs: number; readonly driftPerMillion: number };
  readonly traffic: {
    /** Payments come on average this often. */
    readonly paymentEveryMs: number;
    /** Share of payments whose coin is spent a second time at another node at the same moment. */
    readonly doubleSpendShare: number;
    /** Share of transactions that are free requests. */
    readonly freeShare: number;
    /** Share of the others that post a job to be proved instead of paying. */
    readonly jobShare: number;
    /** Share of what is left that does something with memory or a process. */
    readonly memoryShare: number;
    /** Share of what is left then that does something about storage deals. */
    readonly storageShare: number;
    /** Share of what anybody does that goes on with another key from there. */
    readonly rotationShare: number;
  };
  readonly faults: readonly Fault[];
  readonly villains: readonly Villain[];
}

/** What a scenario is where it does not say otherwise. */
const defaults: Omit<Scenario, "name" | "about"> = {
  nodes: 7,
  producers: 2,
  voters: 0,
  durationMs: 300_000,
  settleMs: 600_000,
  drainMs: 120_000,
  leakQuotient: null,
  finalWithinMs: 0,
  links: { delay: { shape: "uniform", leastMs: 5, mostMs: 60 }, loss: 0, duplication: 0 },
  clocks: { skewMs: 0, driftPerMillion: 0 },
  traffic: {
    paymentEveryMs: 4_000,
    doubleSpendShare: 0.1,
    freeShare: 0.1,
    jobShare: 0.15,
    memoryShare: 0.3,
    storageShare: 0.3,
    rotationShare: 0.1,
  },
  faults: [],
  villains: [],
};

/** Bounds that keep a run finite. */
const mostNodes = 256;
const mostMs = 24 * 3_600_000;

const counts: ReadonlySet<string> = new Set(["nodes", "producers", "voters", "identities", "meshLinks"]);

/** Voters that do not keep to the rules. */
export function byzantineVoters({ villains }: Pick<Scenario, "villains">): number {
  return villains.reduce((sum, villain) => sum + ("voters" in villain ? villain.voters : 0), 0);
}

/** Whether those who break the rules are more than finality withstands. */
export function isOverThird(scenario: Pick<Scenario, "villains" | "voters">): boolean {
  const byzantine = byzantineVoters(scenario);
  return byzantine > mostByzantine(scenario.voters + byzantine);
}

/** Of so many voters with equal stakes so many may break the rules. */
export function mostByzantine(voters: number): number {
  return Math.max(0, Math.floor((voters - 1) / 3));
}

/** Numbers are checked by the end of their name: shares, times, counts. */
function wrongNumber(value: unknown, name: string): string | null {
  if (typeof value === "object" && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      const wrong = wrongNumber(part, Array.isArray(value) ? name : key);
      if (wrong !== null) return wrong;
    }
    return null;
  }
  if (typeof value !== "number") return null;
  const share = name.endsWith("Share") || name === "loss" || name === "duplication";
  const least = name === "everyMs" || name === "paymentEveryMs" || name === "nodes" || name === "producers" ? 1 : 0;
  const most = share ? 1 : counts.has(name) ? mostNodes : mostMs;
  return value >= least && value <= most ? null : `"${name}" is ${value}; from ${least} to ${most} is possible.`;
}

const kinds: ReadonlySet<string> = new Set([
  "equivocating-votes",
  "withheld-votes",
  "twins",
  "colluders",
  "forged-certificates",
  "garbage-votes",
  "partition",
  "split",
  "crash",
  "failing-disk",
  "garbage",
  "invalid-blocks",
  "flood",
  "eclipse",
]);

/** Reads a scenario from JSON text; what it leaves out is as in a quiet world. */
export function parseScenario(json: string): Result<Scenario> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return rejected("invalid-argument", `The scenario is not JSON: ${String(error)}`);
  }
  if (typeof value !== "object" || value === null || !("name" in value)) {
    return rejected("invalid-argument", "A scenario is an object with at least a name.");
  }
  const foreign = Object.keys(value).find((key) => key !== "name" && key !== "about" && !(key in defaults));
  if (foreign !== undefined) return rejected("invalid-argument", `A scenario has no "${foreign}".`);
  const given = value as { name: string } & Partial<Scenario>;
  const traffic = { ...defaults.traffic, ...given.traffic };
  const scenario: Scenario = { about: "", ...defaults, ...given, traffic };
  const wrong = wrongNumber(scenario, "scenario");
  if (wrong !== null) return rejected("invalid-argument", wrong);
  const unknown = [...scenario.faults, ...scenario.villains].find(({ kind }) => !kinds.has(kind));
  if (unknown !== undefined) return rejected("invalid-argument", `There is no "${unknown.kind}".`);
  if (scenario.voters > scenario.nodes) return rejected("invalid-argument", "There are more voters than nodes.");
  if (scenario.producers > scenario.nodes) return rejected("invalid-argument", "There are more producers than nodes.");
  return accepted(scenario);
}
