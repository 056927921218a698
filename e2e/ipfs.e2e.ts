/**
 * Nodes of IPFS, which run Helia's bitswap and nothing of ours: a tab gets from one what nobody else has, into its files and
 * through its service worker; and one gets from a seed what a tab has published, and nothing that was sealed.
 */
import { randomBytes } from "node:crypto";
import { CID } from "multiformats/cid";
import { afterEach, describe, expect, it } from "vitest";
import { checkedBlocks, findPublic, type PublicFile, partsOf } from "../src/interchange/gateway/public-files.ts";
import { accepted } from "../src/protocol/result.ts";
import type { AppState } from "../src/sdk/installed-app.ts";
import type { IpfsPeer } from "../src/sdk/ipfs.ts";
import { hashBytes } from "../src/testing/interchange-fixtures.ts";
import { endIpfsNodes, type IpfsNode, startIpfsNode } from "../src/testing/ipfs-node.ts";
import { must } from "../src/testing/mail-fixtures.ts";
import { endAll, noBlocks, openProfile, type Seed, startSeed, type Tab } from "./harness.ts";
import { patienceMs } from "./patience.ts";
import { takeIn, until } from "./steps.ts";

afterEach(async () => {
  await endIpfsNodes();
  await endAll();
});

/** Whether the tab has loaded the code that speaks bitswap. */
const hasBridge = (tab: Tab): Promise<boolean> =>
  tab.page.evaluate(() =>
    performance.getEntriesByType("resource").some(({ name }) => /\/exchange-[^/]+\.js$/.test(name)),
  );

async function dialSeed(node: IpfsNode, { url }: Seed): Promise<void> {
  const told = (await (await fetch(`${url}bootstrap.json`)).json()) as { addresses: readonly string[] };
  await node.dial(told.addresses.find((one) => one.includes("/ws/")) as string);
}

describe("a node of IPFS", () => {
  it("gives a tab what nobody else has, into its files and its service worker's answers", async () => {
    const seed = await startSeed({ flags: [...noBlocks] });
    const node = await startIpfsNode();
    const large = randomBytes(3_000_000);
    const root = await node.add({ "site/a/large.bin": large, "site/words.txt": Buffer.from("Hello everybody\n") });
    const reader = await openProfile({ isKept: true });
    const tab = await reader.open(seed.url);
    await until<AppState>(tab, "update", ({ offlineStart }) => offlineStart === "ready");
    await tab.command(`get ipfs://${root}/site/words.txt -`, /If a node of IPFS has it, `ipfs connect` its address/);
    expect(await hasBridge(tab)).toBe(false);
    await tab.command(
      "ipfs connect /ip4/127.0.0.1/tcp/4001/p2p/12D3KooWGRUfTyqRnJkWS9Zj3rkRMGkqMu4Yxs1gTPpCqzpqRHrQ",
      /neither plain TCP nor QUIC/,
    );
    const peer = await tab.json<IpfsPeer>(`ipfs connect ${node.address}`);
    expect(peer).toMatchObject({ id: node.libp2p.peerId.toString(), isAsked: true });
    await tab.command(`get ipfs://${root}/site/words.txt -`, /Hello everybody/);
    expect(await hasBridge(tab)).toBe(true);
    await tab.command(`get ipfs://${root}/site/a/large.bin`, /large\.bin/);
    const digest = Buffer.from(await hashBytes(large)).toString("hex");
    await tab.command("sha256 large.bin", new RegExp(digest));
    const answer = await tab.page.evaluate(async (path) => {
      const response = await fetch(path);
      return { status: response.status, text: await response.text() };
    }, `/ipfs/${root}/site/words.txt`);
    expect(answer).toEqual({ status: 200, text: "Hello everybody\n" });
    // It is no peer of this network.
    const peers = await tab.json<readonly { id: string }[]>("peers");
    expect(peers.map(({ id }) => id)).not.toContain(peer.id);
    expect(await tab.json<readonly IpfsPeer[]>("ipfs")).toEqual([peer]);
    expect(tab.errors).toEqual([]);
  });

  it("that a seed's operator has named is where its /ipfs/ finds what no peer has", async () => {
    const node = await startIpfsNode();
    const large = randomBytes(2_000_000);
    const root = await node.add({ "site/a/large.bin": large });
    const seed = await startSeed({ flags: [...noBlocks, "--ipfs", node.address] });
    const ask = () => fetch(`${seed.url}ipfs/${root}/site/a/large.bin`);
    // The seed may not have met it yet.
    await expect.poll(async () => (await ask()).status, { timeout: patienceMs }).toBe(200);
    const response = await ask();
    expect(Buffer.from(await response.arrayBuffer()).equals(large)).toBe(true);
    // What it has not is not there.
    const other = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";
    expect((await fetch(`${seed.url}ipfs/${other}`)).status).toBe(404);
  });

  it("that dials a seed is given what a tab has published, and nothing that was sealed", async () => {
    const seed = await startSeed({ flags: [...noBlocks] });
    const owner = await openProfile();
    const tab = await owner.open(seed.url);
    const large = randomBytes(2_500_000);
    await takeIn(tab, large, "site/large.bin");
    await takeIn(tab, Buffer.from("words"), "site/words.txt");
    const { cid } = await tab.json<{ cid: string }>("publish site/* --yes");
    const { link } = await tab.json<{ link: string }>("share site/words.txt --yes");
    await owner.close();
    const node = await startIpfsNode();
    await dialSeed(node, seed);
    const fetchBlock = checkedBlocks(async (one) => accepted(await node.want(one)), hashBytes);
    const found = must(await findPublic(fetchBlock, CID.parse(cid), ["large.bin"]));
    const parts: Uint8Array[] = [];
    for await (const part of partsOf(fetchBlock, found as PublicFile)) parts.push(must(part));
    expect(Buffer.concat(parts).equals(large)).toBe(true);
    // The sealed file's manifest lies with the same seed.
    const sealed = CID.parse(/(baf[a-z2-7]+)\./.exec(link)?.[1] as string);
    await expect(node.want(sealed, 5_000)).rejects.toThrow();
  });
});
