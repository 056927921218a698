import { afterEach, describe, expect, it } from "vitest";
import { connect, endMembers, holds, startSeedMember, startTabMember } from "#testing/libp2p-members.ts";
import { addressOf } from "./seed-network.ts";

afterEach(endMembers);

describe("a seed's network", () => {
  it("names to newcomers those that can be dialled through it, under the page's own host", async () => {
    const seed = await startSeedMember();
    await startTabMember();
    const tab = await startTabMember({ relay: seed.address });
    const outsider = await startTabMember();
    await connect(outsider, seed, seed.address);
    await holds(() => seed.seed.bootstrap("here:80", false).peers.length > 0);
    expect(seed.seed.bootstrap("example.org", true)).toEqual({
      network: "test",
      peerId: seed.network.selfId(),
      addresses: [`/dns/example.org/tcp/443/tls/ws/p2p/${seed.network.selfId()}`],
      peers: [tab.network.selfId()],
      seeds: [],
    });
    expect(seed.seed.bootstrap("no host", false).addresses).toEqual([]);
  });

  it.each([
    ["127.0.0.1:8080", false, "/ip4/127.0.0.1/tcp/8080/ws/p2p/x"],
    ["example.org", true, "/dns/example.org/tcp/443/tls/ws/p2p/x"],
    ["[::1]:9", false, "/ip6/::1/tcp/9/ws/p2p/x"],
    ["localhost", false, "/dns/localhost/tcp/80/ws/p2p/x"],
    ["a b", false, null],
    ["x/../../y", false, null],
    ["", false, null],
  ])("derives its address from the page's host: %j", (host, secure, address) => {
    expect(addressOf(host, secure, "x")).toBe(address);
  });
});
