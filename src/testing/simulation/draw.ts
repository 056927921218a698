/**
 * Scenarios of other sizes: as many nodes as somebody asks for, or as the seed draws between two bounds.
 * @module
 */
import { Random } from "../random.ts";
import { byzantineVoters, isOverThird, mostByzantine, type Scenario, type Villain } from "./scenario.ts";

/** How many nodes there may be. With voters these are voters, those who break the rules included. */
export interface Size {
  readonly least: number;
  readonly most: number;
  /** Whether the seed draws more than the number: who breaks the rules, and how bad links are. */
  readonly drawn: boolean;
}

/** Hands so many stakes to the villains that hold some, by turns. */
function shared(villains: readonly Villain[], stakes: number, random: Random): readonly Villain[] {
  const holders = villains.filter((villain) => "voters" in villain).length;
  const first = random.between(0, Math.max(0, holders - 1));
  let holder = 0;
  return villains.flatMap((villain): readonly Villain[] => {
    if (!("voters" in villain)) return [villain];
    const turn = (holder++ - first + holders) % holders;
    const voters = Math.floor(stakes / holders) + (turn < stakes % holders ? 1 : 0);
    return voters === 0 ? [] : [{ ...villain, voters }];
  });
}

/** The same scenario with exactly so many nodes. Where all vote, all do. */
function resized(scenario: Scenario, nodes: number): Scenario {
  const voters = scenario.voters === scenario.nodes ? nodes : Math.min(scenario.voters, nodes);
  return { ...scenario, nodes, voters, producers: Math.min(scenario.producers, nodes) };
}

/**
 * The scenario that a seed draws: its number of voters; how many of them break the rules, up to what finality withstands
 * (half of the seeds take all of that), or one more where the scenario has too many; and how bad links are, up to the
 * scenario's. One size alone is taken as it is.
 */
export function drawScenario(scenario: Scenario, { least, most, drawn: isDrawn }: Size, seed: number): Scenario {
  if (!isDrawn || scenario.voters !== scenario.nodes || scenario.voters === 0) {
    return resized(scenario, least + (seed % (most - least + 1)));
  }
  const random = new Random(seed ^ 0x3c6ef372);
  let voters = random.between(least, most);
  // One more than a third can only split the others where nothing is left over.
  if (isOverThird(scenario)) voters = Math.max(4, voters - ((voters - 1) % 3));
  const bound = mostByzantine(voters);
  const drawn = random.fraction() < 0.5 ? bound : random.between(0, bound);
  const stakes = isOverThird(scenario) ? bound + 1 : byzantineVoters(scenario) === 0 ? 0 : drawn;
  const villains = shared(scenario.villains, stakes, random);
  const { links } = scenario;
  const drawnLinks = {
    ...links,
    loss: links.loss * random.fraction(),
    duplication: links.duplication * random.fraction(),
  };
  return { ...resized(scenario, voters - stakes), villains, links: drawnLinks };
}
