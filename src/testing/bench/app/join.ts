/**
 * What a newcomer's node waits for: the seed, another tab over a direct connection. Every sample is a Chromium started on an
 * empty profile. What the person waits for: start.ts.
 * @module
 */
import { startSeed } from "../../../../e2e/harness.ts";
import { browserName } from "../browser-platform.ts";
import { type BenchRow, sampled } from "../row.ts";
import { openWatched, whenNoted } from "./observer.ts";

const newcomers = 12;

/** Rows of joining. */
export async function measureJoin(): Promise<BenchRow[]> {
  const seed = await startSeed();
  const resident = await openWatched(seed.url);
  await whenNoted(resident, "seed");
  const figures = { seed: [] as number[], direct: [] as number[] };
  for (let i = 0; i < newcomers; i++) {
    const newcomer = await openWatched(seed.url);
    figures.direct.push(await whenNoted(newcomer, "direct"));
    figures.seed.push(await whenNoted(newcomer, "seed"));
    await newcomer.profile.close();
  }
  const where = browserName(resident.tab);
  await resident.profile.close();
  await seed.stop();
  const row = {
    unit: "ms",
    method: "navigation of a new browser process on an empty profile; one seed and one older tab on the same machine",
  };
  return [
    sampled({ ...row, name: "navigation → seed joined" }, figures.seed),
    sampled(
      { ...row, name: "navigation → verified direct peer", goals: [{ of: "p95", atMost: 2_500 }] },
      figures.direct,
    ),
  ].map((measured) => ({ ...measured, where }));
}
