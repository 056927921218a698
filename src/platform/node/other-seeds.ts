/**
 * Seeds that know each other: each asks the others, whose pages its operator named, where they are, stays connected to
 * them and to those they name, and passes the addresses on to its own pages. So the weave outlives any one of them.
 * @module
 */
import "./web-socket.ts";
import type { Log } from "#node/ports.ts";
import { type Bootstrap, bootstrapLimits, readBootstrap } from "../libp2p/bootstrap.ts";
import type { SeedLinks } from "../libp2p/seed-links.ts";

/** Patience with one question. */
const askTimeoutMs = 5_000;

async function readBounded(response: Response): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    sizeBytes += part.length;
    if (sizeBytes > bootstrapLimits.bytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Asks the seed behind a page where it is; null if it does not answer, or with nonsense. */
export async function askSeed(origin: string): Promise<Bootstrap | null> {
  try {
    const signal = AbortSignal.timeout(askTimeoutMs);
    const response = await fetch(new URL("/bootstrap.json", origin), { signal, redirect: "error" });
    const text = response.ok ? await readBounded(response) : null;
    return text === null ? null : readBootstrap(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Asks all of them once and keeps up those that answer for our network. */
export async function meetSeeds(
  origins: readonly string[],
  networkName: string,
  links: SeedLinks,
  log: Log,
): Promise<void> {
  for (const origin of origins) {
    const told = await askSeed(origin);
    if (told !== null && told.network === networkName) links.add([...told.addresses, ...told.seeds]);
    else log({ level: "debug", source: "network", message: `no answer for ${networkName} from the seed at ${origin}` });
  }
  links.rejoinAll();
}
