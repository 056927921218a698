/**
 * Files among tabs: how fast one is shared with six of them and fetched into a profile that has never been there, against
 * what a bare data channel moves between two of these pages; and what the memory of who shares and who fetches grows by.
 * @module
 */
import { randomBytes } from "node:crypto";
import { noBlocks, openProfile, type Profile, type Seed, startSeed, type Tab } from "../../../../e2e/harness.ts";
import { takeIn, until } from "../../../../e2e/steps.ts";
import { browserName } from "../browser-platform.ts";
import { type BenchRow, compared, type MeasuredRow, median } from "../row.ts";
import { bytesPerMb, watchProcess } from "./process-samples.ts";
import { rawStreamRate } from "./raw-stream.ts";

const keepers = 6;
const rounds = 3;
const fileBytes = 64 * 1_048_576;
const lookEveryMs = 250;

interface Peer {
  readonly seed: boolean;
  readonly direct: boolean;
}

interface Guest {
  readonly profile: Profile;
  readonly tab: Tab;
}

/** Rate in bytes per second, and what the process of the page held more than before, at most. */
interface Move {
  readonly rate: number;
  readonly grownBytes: number;
}

async function guest(seed: Seed): Promise<Guest> {
  const profile = await openProfile();
  return { profile, tab: await profile.open(seed.url) };
}

/** Runs a command that moves the file, with an eye on its page's process. */
async function moved({ profile, tab }: Guest, line: string, done: RegExp): Promise<Move & { readonly shown: string }> {
  await until<Peer[]>(tab, "peers", (peers) => peers.filter((peer) => peer.direct && !peer.seed).length >= keepers);
  const watch = await watchProcess({ profile, tab });
  const before = (await watch.held()).processBytes;
  let most = before;
  let isDone = false;
  const startedMs = performance.now();
  const running = tab.command(line, done).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    most = Math.max(most, (await watch.sample()).memoryBytes);
    await Promise.race([running, new Promise((resolve) => setTimeout(resolve, lookEveryMs))]);
  }
  const shown = await running;
  return { rate: (fileBytes * 1_000) / (performance.now() - startedMs), grownBytes: most - before, shown };
}

interface Round {
  readonly raw: number;
  readonly share: Move;
  readonly fetch: Move;
}

/** One file of its own, shared by a profile that closes then and fetched by another one. */
async function round(seed: Seed, serving: readonly Guest[]): Promise<Round> {
  const [one, other] = serving as [Guest, Guest];
  const raw = await rawStreamRate(one.tab.page, other.tab.page, fileBytes);
  const owner = await guest(seed);
  await takeIn(owner.tab, randomBytes(fileBytes), "big.bin");
  const share = await moved(owner, "share big.bin --yes", /#file=\S+/);
  const link = /http\S+#file=\S+/.exec(share.shown)?.[0] ?? "";
  await owner.profile.close();
  const reader = await guest(seed);
  const fetch = await moved(reader, `get ${link} got.bin`, /is among your files now/);
  await reader.profile.close();
  return { raw, share, fetch };
}

/** Rows of files among tabs. */
export async function measureFiles(): Promise<BenchRow[]> {
  const seed = await startSeed({ flags: [...noBlocks, "--keep", "0"] });
  const serving: Guest[] = [];
  for (let i = 0; i < keepers; i++) {
    const one = await guest(seed);
    await one.tab.command("offer storage 1GiB --yes", /at most/);
    serving.push(one);
  }
  const all: Round[] = [];
  for (let i = 0; i < rounds; i++) all.push(await round(seed, serving));
  const where = browserName((serving[0] as Guest).tab);
  for (const { profile } of serving) await profile.close();
  await seed.stop();
  const raw = { name: "bare data channel", value: median(all.map((one) => one.raw)) / bytesPerMb };
  const method = `${fileBytes / 1_048_576} MiB of noise, ${keepers} tabs that keep files, all browsers on this machine's cores; median of ${rounds} rounds, each with the bare channel between two of these pages`;
  const rate = (name: string, what: string, moves: readonly Move[]): MeasuredRow => {
    const value = median(moves.map((move) => move.rate)) / bytesPerMb;
    const row = { name, unit: "MB/s", goals: [{ of: "ratio", atLeast: 0.7 } as const], method: `${method}; ${what}` };
    return compared(row, value, raw);
  };
  const growth = (name: string, moves: readonly Move[]): MeasuredRow => ({
    name,
    unit: "MB",
    value: median(moves.map(({ grownBytes }) => grownBytes)) / bytesPerMb,
    goals: [{ of: "value", atMost: (64 * 1_048_576) / bytesPerMb }],
    method: `${method}; the page's process with all its threads, at most, looked at every ${lookEveryMs} ms, less what it had after its garbage was collected`,
  });
  const shares = all.map(({ share }) => share);
  const fetches = all.map(({ fetch }) => fetch);
  return [
    rate("share over 6 tabs", "from Enter to the link; twice the file goes over the wire", shares),
    rate("get over 6 tabs", "from Enter to the file among one's own, in a new profile", fetches),
    growth("memory of a share", shares),
    growth("memory of a get", fetches),
  ].map((row) => ({ ...row, where }));
}
