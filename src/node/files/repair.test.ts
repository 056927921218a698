/** Which pieces repair asks about, on a shelf that has more of them than are mended at once. */
import { expect, it } from "vitest";
import { sha256 } from "#protocol/codec/hash.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { must } from "#testing/mail-fixtures.ts";
import { Simulation } from "#testing/simulator.ts";
import { filePlan } from "./file-limits.ts";
import { Repair } from "./repair.ts";

/** A piece of which no keeper has anything. */
const pieceOf = (n: number): Stripe => ({ data: 2, shards: [0, 1, 2].map((i) => sha256(Uint8Array.of(n >> 8, n, i))) });

it("looks again at what is missed, however many pieces are missed whose time is over", async () => {
  const simulation = new Simulation(4);
  const [keeper, other] = [await simulation.add({ keepsFiles: true }), await simulation.add({ keepsFiles: true })];
  await simulation.run(5_000);
  const { node } = keeper;
  const { shelf, releases } = node.running.files;
  const [listed, rounds]: [{ id: string; offeredBytes: number; prefix: null }[], string[][]] = [
    [{ id: other.name, offeredBytes: 1, prefix: null }],
    [],
  ];
  const keepers = { list: () => Promise.resolve(listed), now: () => listed };
  // What is asked is written down; who is asked has nothing.
  const asked = {
    having: (some: readonly Stripe[]) => {
      rounds.push(some.map(({ shards: [first] }) => String(first)));
      return Promise.resolve(some.map(() => new Map<string, Uint8Array>()));
    },
    fetch: () => Promise.resolve(accepted({ shards: [], trouble: rejected("not-found", "Nobody has it.") })),
  };
  const parts = [{ ports: node.ports }, shelf, keepers, asked, releases] as unknown as ConstructorParameters<
    typeof Repair
  >;
  const repair = new Repair(...parts);
  const keep = async (n: number, untilMs: number): Promise<string> => {
    must(await shelf.keep({ stripe: pieceOf(n), blocks: [], untilMs, from: "peer", marks: [] }));
    return String(pieceOf(n).shards[0]);
  };
  const round = async (): Promise<readonly string[]> => {
    simulation.clock.skip(filePlan.auditEveryMs + 1);
    const before = rounds.length;
    await repair.tick();
    return rounds[before] ?? [];
  };
  const shortMs = simulation.clock.nowMs() + 5 * filePlan.auditEveryMs;
  for (let n = 0; n < filePlan.repairedStripes; n++) await keep(n, shortMs);
  expect(await round()).toHaveLength(filePlan.repairedStripes);
  const missed = await keep(500, simulation.clock.nowMs() + fileLimits.lifeMs);
  repair.onKeeperGone(other.name);
  for (let n = 0; n < 8; n++) await round();
  // All are over but one, which was missed after them: it is asked about in each round, and they are not.
  expect(await round()).toEqual([missed]);
});
