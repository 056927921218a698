import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { acquainted, endMembers, holds, startSeedMember } from "#testing/libp2p-members.ts";
import { withKeptSeeds } from "../browser/lazy-network.ts";
import { type Bootstrap, bootstrapLimits, readBootstrap } from "../libp2p/bootstrap.ts";
import { askSeed } from "./other-seeds.ts";

afterEach(endMembers);

const page = ({ port }: { port: number }): string => `http://127.0.0.1:${port}/`;

describe("seeds that know each other", () => {
  it("stay connected, know whom the others know, and tell their pages", async () => {
    const first = await startSeedMember();
    const second = await startSeedMember({ otherSeeds: [page(first)] });
    await holds(() => acquainted(first, second));
    expect(second.network.peers()[0]).toMatchObject({ seed: true, direct: true });
    expect(second.seed.bootstrap("here:80", false).seeds).toEqual([first.address]);
    // The third was told of the second only, and finds the first through it.
    const third = await startSeedMember({ otherSeeds: [page(second)] });
    await holds(() => acquainted(third, first));
    expect([...third.seed.bootstrap("here:80", false).seeds].sort()).toEqual([first.address, second.address].sort());
    // Only those that are there are named.
    await first.stop();
    await holds(() => third.seed.bootstrap("here:80", false).seeds.length === 1);
  });

  it.each([
    ["nonsense", "<html>"],
    ["too much", JSON.stringify({ network: "test", peerId: "x", pad: "x".repeat(bootstrapLimits.bytes) })],
    ["another shape", JSON.stringify([1, 2])],
  ])("are not disturbed by a page that answers with %s", async (_what, body) => {
    const server = createServer((_request, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    expect(await askSeed(page(server.address() as AddressInfo))).toBeNull();
    server.close();
  });

  it("are left out where their addresses make no sense", () => {
    const id = "12D3KooWRqwnNfQhT7ws8HrLuGP85oEocN7k87mhw9i19ECiBv4U";
    const good = `/ip4/127.0.0.1/tcp/1/ws/p2p/${id}`;
    const told = readBootstrap({
      network: "dev",
      peerId: id,
      addresses: [good, "http://x/", 7, `/${"x".repeat(600)}/p2p/${id}`],
      peers: [id, "../..", null],
      seeds: Array(100).fill(good),
    });
    expect(told?.addresses).toEqual([good]);
    expect(told?.peers).toEqual([id]);
    expect(told?.seeds).toHaveLength(bootstrapLimits.entries);
    expect(readBootstrap({ network: 1, peerId: id })).toBeNull();
    expect(readBootstrap(null)).toBeNull();
  });

  it("are remembered by tabs: earlier ones follow those of now, on the same network only", () => {
    const told: Bootstrap = { network: "dev", peerId: "new", addresses: ["/n"], peers: ["p"], seeds: ["/a"] };
    const kept: Bootstrap = { network: "dev", peerId: "old", addresses: ["/o"], peers: [], seeds: ["/a", "/b", "/n"] };
    expect(withKeptSeeds(told, kept).seeds).toEqual(["/a", "/o", "/b"]);
    expect(withKeptSeeds(told, { ...kept, peerId: "new" }).seeds).toEqual(["/a", "/b"]);
    expect(withKeptSeeds(told, { ...kept, network: "main" })).toEqual(told);
    expect(withKeptSeeds(told, null)).toEqual(told);
  });
});
