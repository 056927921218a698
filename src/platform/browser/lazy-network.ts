/**
 * The tab's network, loaded after the prompt: asks the page's origin where the seed is, then brings libp2p in. Seeds
 * met once are remembered, so that a tab whose own seed is away still knows where to knock.
 * @module
 */
import type { Network } from "#node/ports.ts";
import { type Bootstrap, readBootstrap } from "../libp2p/bootstrap.ts";
import { breathe } from "./turns.ts";

const bootstrapTimeoutMs = 5_000;
const keptKey = "aether-bootstrap";

/** Addresses of other seeds that are remembered. */
const keptSeeds = 16;

const nobody: Bootstrap = { network: "dev", peerId: "", addresses: [], peers: [], seeds: [] };

/** The last answer, without the peers of then. */
function keptBootstrap(): Bootstrap | null {
  try {
    return readBootstrap(JSON.parse(localStorage.getItem(keptKey) ?? "null"));
  } catch {
    return null;
  }
}

function keep(answer: Bootstrap): void {
  localStorage.setItem(keptKey, JSON.stringify({ ...answer, peers: [] }));
}

/** What a seed says now, with the seeds that are remembered from earlier answers for the same network. */
export function withKeptSeeds(told: Bootstrap, kept: Bootstrap | null): Bootstrap {
  if (kept === null || kept.network !== told.network) return told;
  // A seed that was this page's own is an other one once the page has moved.
  const earlier = kept.peerId === told.peerId ? kept.seeds : [...kept.addresses, ...kept.seeds];
  const seeds = [...new Set([...told.seeds, ...earlier])].filter((one) => !told.addresses.includes(one));
  return { ...told, seeds: seeds.slice(0, keptSeeds) };
}

async function askSeed(): Promise<Bootstrap> {
  const kept = keptBootstrap();
  try {
    const response = await fetch("/bootstrap.json", {
      cache: "no-store",
      signal: AbortSignal.timeout(bootstrapTimeoutMs),
    });
    const told = readBootstrap(await response.json());
    if (told === null) return kept ?? nobody;
    const answer = withKeptSeeds(told, kept);
    keep(answer);
    return answer;
  } catch {
    return kept ?? nobody;
  }
}

/** Asks for the seed at once; loads the network code when it is wanted. */
export function createTabNetworkLazily(): { bootstrap(): Promise<Bootstrap>; create(): Promise<Network> } {
  const asking = askSeed();
  const log = (): void => undefined;
  return {
    bootstrap: () => asking,
    create: async () => {
      // What stands alone of its code comes first, in a turn of its own, as building the network does afterwards.
      await import("./tab-keys.ts");
      await breathe();
      const { createTabNetwork } = await import("./tab-network.ts");
      await breathe();
      const bootstrap = await asking;
      const onSeeds = (seeds: readonly string[]): void => keep(withKeptSeeds({ ...bootstrap, seeds }, keptBootstrap()));
      return createTabNetwork({ bootstrap, iceServers: [], log, onSeeds });
    },
  };
}
