/**
 * What is asked of a world in which people vote once its faults have ended: finality soon, and one head.
 * @module
 */
import type { World, WorldNode } from "./world.ts";

/** Something new must be final everywhere after so long. */
const finalityMs = 30_000;

/** All nodes must have one head after so many blocks, and the time a block may take to reach the last. */
const agreementBlocks = 3;
const agreementMs = 120_000;
const spreadMs = 15_000;

/** While nobody sends anything, blocks come once a minute: somebody goes on asking for coins. */
const requestEveryMs = 3_000;

/** How long it took. */
export interface Recovery {
  /** From the end of all faults until something new was final on every node. */
  readonly finalityMs: number;
  /** Blocks found until all heads lay on one chain; null if they never did while it was watched. */
  readonly agreedAfterBlocks: number | null;
}

/** Waits until something new is final on every node, and until all have one chain; notes what takes too long. */
export async function recover(world: World, request: () => void): Promise<Recovery | null> {
  const { clock, nodes, finality } = world;
  if (world.rules.parameters.genesis.voters.length === 0) return null;
  const healedMs = clock.nowMs();
  const goOn = (): void => {
    if (clock.nowMs() - healedMs > agreementMs) return;
    request();
    clock.schedule(requestEveryMs, goOn);
  };
  goOn();
  const heightOf = ({ up, node }: WorldNode): number => (up ? node.running.chain.head.height : 0);
  const finalBefore = Math.max(...nodes.map(({ name }) => finality.heightOf(name)));
  const heightBefore = Math.max(...nodes.map(heightOf));
  const agreement = watchAgreement(world, heightBefore);
  const isFinal = (): boolean => {
    agreement.look();
    return nodes.every(({ name }) => finality.heightOf(name) > finalBefore);
  };
  if (!(await clock.run(healedMs + finalityMs, isFinal))) {
    const heights = nodes.map((node) => `${node.name} ${finality.heightOf(node.name)}/${heightOf(node)}`);
    world.violate(
      `nothing new is final everywhere ${finalityMs / 1_000} s after the last fault: ${heights.join(", ")}`,
    );
    await clock.run(healedMs + agreementMs, isFinal);
  }
  const tookMs = clock.nowMs() - healedMs;
  const last = heightBefore + agreementBlocks;
  await clock.run(healedMs + agreementMs, () => {
    agreement.look();
    return nodes.some((node) => heightOf(node) >= last);
  });
  const isOne = (): boolean => {
    agreement.look();
    const names = new Set(nodes.map(({ node }) => node.running.chain.index.at(last)?.name));
    return names.size === 1 && !names.has(undefined);
  };
  if (!(await clock.run(clock.nowMs() + spreadMs, isOne)))
    world.violate(`no one head ${agreementBlocks} blocks after the last fault`);
  return { finalityMs: tookMs, agreedAfterBlocks: agreement.blocks };
}

/** Looks after every move of a head whether all heads lie on one chain; `blocks` is how many were found until they did. */
function watchAgreement(world: World, heightBefore: number): { readonly blocks: number | null; look(): void } {
  let blocks: number | null = null;
  let seen = -1;
  return {
    get blocks() {
      return blocks;
    },
    look: () => {
      if (blocks !== null || seen === world.moves) return;
      seen = world.moves;
      const heads = world.nodes.flatMap(({ up, node }) => (up ? [node.running.chain] : []));
      if (heads.length < world.nodes.length) return;
      const best = heads.reduce((highest, chain) => (chain.head.height > highest.head.height ? chain : highest));
      const onIt = ({ head }: (typeof heads)[number]): boolean =>
        head.height >= heightBefore && best.index.at(head.height)?.name === head.name;
      if (heads.every(onIt)) blocks = Math.max(0, best.head.height - heightBefore);
    },
  };
}
