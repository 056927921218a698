import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { BlockMaker } from "../testing/block-maker.ts";
import { feed, openChain } from "../testing/chain-fixtures.ts";
import { testContext, testKey, testParameters } from "../testing/ledger-fixtures.ts";
import { VirtualDisk } from "../testing/virtual-disk.ts";
import type { Chain } from "./chain.ts";
import { claimStore } from "./chain-loading.ts";
import { formatKey, formatVersion, records, tipsKey } from "./chain-records.ts";
import type { Table, Write } from "./ports.ts";

interface Fixture {
  readonly head: string;
  readonly height: number;
  readonly stateRoot: string;
  readonly tables: Readonly<Record<Table, readonly (readonly [string, string])[]>>;
}

/**
 * As the code of format 1 (commit eea167c) wrote it. Made anew when headers got a field (rules 9), with which a chain of
 * before is another network's: formats differ in nothing but the row of tips, and the version before the network's id.
 */
const fixture: Fixture = JSON.parse(
  readFileSync(new URL("../testing/fixtures/store-v1.json", import.meta.url), "utf8"),
) as Fixture;

/** The network that it is of. */
const parameters: NetworkParameters = {
  ...testParameters,
  initialTarget: new Uint8Array(32).fill(0xff, 1).fill(0x3f, 0, 1),
  genesis: { ...testParameters.genesis, message: "AetherChain dev: no coin here is worth anything" },
};
const networkId = networkIdOf(parameters);
const open = (disk: VirtualDisk): Promise<Chain> => openChain(disk, undefined, null, parameters);

async function oldDisk(): Promise<VirtualDisk> {
  const disk = new VirtualDisk(new MemoryStore());
  const writes = Object.entries(fixture.tables).flatMap(([table, rows]) =>
    rows.map(
      ([key, value]): Write => ({
        table: table as Table,
        key: fromHex(key) as Uint8Array,
        value: Uint8Array.from(Buffer.from(value, "base64")),
      }),
    ),
  );
  await disk.commit(writes);
  return disk;
}

const versionOf = async (disk: VirtualDisk): Promise<number | undefined> => (await disk.get("meta", formatKey))?.[0];

describe("migrations of the chain's records", () => {
  it("open a database of format 1 with its chain, its side branch and its waiting transaction", async () => {
    const disk = await oldDisk();
    expect(await versionOf(disk)).toBe(1);
    const chain = await open(disk);
    expect(await versionOf(disk)).toBe(formatVersion);
    expect([chain.head.name, chain.head.height]).toEqual([fixture.head, fixture.height]);
    expect(toHex(chain.state.root())).toBe(fixture.stateRoot);
    expect((await disk.range("pool", { limit: 9 })).length).toBe(1);
    const bytes = await disk.get("meta", tipsKey);
    const tips = records.tips.decode(bytes ?? new Uint8Array());
    expect(tips.ok && tips.value.length).toBe(1);
    const tip = tips.ok ? await chain.reader.find(tips.value[0] as Uint8Array) : undefined;
    expect([tip?.height, tip?.hasBody]).toEqual([8, true]);
    const maker = new BlockMaker(testContext({ parameters, networkId }));
    expect((await feed(chain, maker.run(maker.genesis, 2, testKey(3)))).ok).toBe(true);
  });

  it("go on after a crash at any write, whether or not it came through", async () => {
    for (const written of [true, false]) {
      const disk = await oldDisk();
      disk.crash = { atCommit: disk.commits, written };
      void claimStore(disk, networkId);
      while (!disk.crashed) await new Promise((resolve) => setImmediate(resolve));
      const next = disk.restart();
      expect(await versionOf(next)).toBe(written ? formatVersion : 1);
      expect((await open(next)).head.name).toBe(fixture.head);
    }
  });

  it("refuse a newer format with a word on what to do, and change nothing", async () => {
    const disk = await oldDisk();
    const mark = (await disk.get("meta", formatKey)) as Uint8Array;
    await disk.commit([{ table: "meta", key: formatKey, value: Uint8Array.of(formatVersion + 1, ...mark.slice(1)) }]);
    const commits = disk.commits;
    const refused = await claimStore(disk, networkId);
    expect(refused).toMatchObject({ ok: false, code: "storage-unavailable" });
    expect(refused.ok ? "" : refused.message).toMatch(/format 3.*Nothing was changed.*update the app/);
    expect(disk.commits).toBe(commits);
  });

  it("refuse another network's data", async () => {
    const disk = await oldDisk();
    const refused = await claimStore(disk, new Uint8Array(32));
    expect(refused).toMatchObject({ code: "wrong-network" });
    expect(refused.ok ? "" : refused.message).toMatch(/earlier rules.*Nothing was changed.*keys/);
    expect((await open(disk)).head.name).toBe(fixture.head);
  });

  it("start over where the store is the network's by its name and the rules have changed, after any crash too", async () => {
    for (const atCommit of [null, 0]) {
      const disk = await oldDisk();
      if (atCommit !== null) disk.crash = { atCommit: disk.commits, written: false };
      const clearing = claimStore(disk, new Uint8Array(32), true);
      if (atCommit !== null) while (!disk.crashed) await new Promise((resolve) => setImmediate(resolve));
      const next = atCommit === null ? disk : disk.restart();
      if (atCommit === null) expect(await clearing).toEqual({ ok: true, value: "cleared" });
      expect((await claimStore(next, new Uint8Array(32), true)).ok).toBe(true);
      expect((await next.range("headers", { limit: 9 })).length).toBe(0);
      expect((await next.range("meta", { limit: 9 })).length).toBe(1);
    }
  });

  it("never start over on what a newer version wrote", async () => {
    const disk = await oldDisk();
    const mark = (await disk.get("meta", formatKey)) as Uint8Array;
    await disk.commit([{ table: "meta", key: formatKey, value: Uint8Array.of(formatVersion + 1, ...mark.slice(1)) }]);
    expect(await claimStore(disk, new Uint8Array(32), true)).toMatchObject({ code: "storage-unavailable" });
  });
});
