import { afterEach, describe, expect, it } from "vitest";
import { connect, directAddress, endMembers, holds, type Member, startTabMember } from "#testing/libp2p-members.ts";
import { Introductions } from "./introductions.ts";
import { SeedLinks } from "./seed-links.ts";

afterEach(endMembers);

function introductions(member: Member): Introductions {
  return new Introductions({
    host: member.network,
    seeds: new SeedLinks(member.network, []),
    addressOf: (id, relay) => `${relay}/p2p-circuit/p2p/${id}`,
    onSeeds: () => undefined,
    log: () => undefined,
  });
}

describe("introductions without a seed", () => {
  it.each([
    ["a third tab introduces two that know only it", 12, true],
    ["it could not without the places they hold on its relay", 0, false],
  ])("%s", async (_what, relayPlaces, introduced) => {
    const limits = { relayPlaces, glareDelayMs: 0, relayedGraceMs: 10 };
    const middle = await startTabMember({ introduces: true });
    const [a, b] = [await startTabMember({ host: { limits } }), await startTabMember({ host: { limits } })];
    const all = [middle, a, b].map((member) => [member, introductions(member)] as const);
    for (const [, one] of all) await one.serve();
    for (const member of [a, b]) await connect(member, middle, directAddress(middle));
    const met = (): boolean => a.network.peers().some((peer) => peer.id === b.network.selfId());
    const tried = (async () => {
      for (let round = 0; round < 20 && !met(); round++) {
        for (const [, one] of all.slice(1)) await one.exchange(middle.network.selfId());
        await new Promise((resolve) => a.network.after(50, () => resolve(null)));
      }
    })();
    await tried;
    expect(met()).toBe(introduced);
    if (introduced) await holds(() => b.network.peers().some((peer) => peer.id === a.network.selfId()));
  });

  it("reaches a certain peer that nothing else would have dialled, through one that knows both", async () => {
    const limits = { relayPlaces: 12, wantedPeers: 0, glareDelayMs: 0, relayedGraceMs: 10 };
    const middle = await startTabMember({ introduces: true });
    const [a, b] = [await startTabMember({ host: { limits } }), await startTabMember({ host: { limits } })];
    const all = [middle, a, b].map((member) => [member, introductions(member)] as const);
    for (const [, one] of all) await one.serve();
    for (const member of [a, b]) await connect(member, middle, directAddress(middle));
    for (const [, one] of all.slice(1)) await one.exchange(middle.network.selfId());
    const id = b.network.selfId();
    const isHere = async (): Promise<boolean> => (await a.network.reach(id)).ok;
    expect(await isHere()).toBe(false);
    const [, [, asking]] = all as [unknown, readonly [Member, Introductions]];
    for (let round = 0; round < 20 && !(await isHere()); round++) {
      await asking.reach(id);
      await new Promise((resolve) => a.network.after(50, () => resolve(null)));
    }
    expect(await isHere()).toBe(true);
    expect(await asking.reach("nobody")).toBe(false);
  });

  it("leads only through relays and to known seeds, whatever addresses a peer gives itself", async () => {
    const a = await startTabMember();
    const [id, other] = [a.network.selfId(), (await startTabMember()).network.selfId()];
    const known = `/ip4/127.0.0.1/tcp/1/ws/p2p/${other}`;
    const seeds = new SeedLinks(a.network, [known]);
    expect(seeds.allows(known)).toBe(true);
    expect(seeds.allows(`/p2p/${other}/p2p-circuit/webrtc/p2p/${id}`)).toBe(true);
    for (const address of [
      `/ip4/10.0.0.1/tcp/22/ws/p2p/${other}`,
      `/ip4/10.0.0.1/tcp/22/ws/p2p/${id}`,
      "/dns/x/tcp/1/ws",
    ]) {
      expect(seeds.allows(address), address).toBe(false);
    }
  });

  it("takes nothing a peer names on trust: what is no id is not dialled", async () => {
    const a = await startTabMember({ host: { limits: { glareDelayMs: 0 } } });
    const one = introductions(a);
    for (const name of ["", "x".repeat(60), "/ip4/10.0.0.1/tcp/22", a.network.selfId()]) one.discover(name, "nobody");
    await holds(() => a.network.libp2p.getDialQueue().length === 0);
    expect(a.network.peers()).toEqual([]);
  });
});
