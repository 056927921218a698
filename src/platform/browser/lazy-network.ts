/**
 * The tab's network, loaded after first paint: asks the page's origin where the seed is, then brings libp2p in.
 * @module
 */
import type { Network } from "#node/ports.ts";
import type { Bootstrap } from "./tab-network.ts";

const bootstrapTimeoutMs = 5_000;
const keptKey = "aether-bootstrap";

/** The last answer, so that a tab whose seed is away still knows its network and where to knock. */
function keptBootstrap(): Bootstrap | null {
  try {
    return JSON.parse(localStorage.getItem(keptKey) ?? "null") as Bootstrap | null;
  } catch {
    return null;
  }
}

async function askSeed(): Promise<Bootstrap> {
  try {
    const response = await fetch("/bootstrap.json", {
      cache: "no-store",
      signal: AbortSignal.timeout(bootstrapTimeoutMs),
    });
    const answer = (await response.json()) as Bootstrap;
    localStorage.setItem(keptKey, JSON.stringify({ ...answer, peers: [] }));
    return answer;
  } catch {
    return keptBootstrap() ?? { network: "dev", peerId: "", addresses: [], peers: [] };
  }
}

/** Asks for the seed at once; loads the network code when it is wanted. */
export function createTabNetworkLazily(): { bootstrap(): Promise<Bootstrap>; create(): Promise<Network> } {
  const asking = askSeed();
  const log = (): void => undefined;
  return {
    bootstrap: () => asking,
    create: async () => {
      const { createTabNetwork } = await import("./tab-network.ts");
      return createTabNetwork({ bootstrap: await asking, iceServers: [], log });
    },
  };
}
