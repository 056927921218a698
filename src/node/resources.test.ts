import { describe, expect, it } from "vitest";
import { encodeSyncRequest } from "#protocol/messages/sync.ts";
import { defaultResourceCaps } from "#sdk/resources.ts";
import { Simulation } from "../testing/simulator.ts";
import { resourceCapsKey } from "./chain-records.ts";

const retention = { bodies: 2_000, undo: 1_000 };

describe("caps of storage and traffic", () => {
  it("are kept through a restart; what is refused changes nothing, and a damaged record is none", async () => {
    const world = new Simulation(1);
    const one = await world.add({ retention });
    const { setResourceCaps, resources } = one.node.requests;
    expect((await resources()).ok && (await resources())).toMatchObject({ value: { caps: defaultResourceCaps } });
    const chosen = { storageBytes: 50_000_000, servedBytesPerSecond: 20_000 };
    expect(await setResourceCaps(chosen)).toEqual({ ok: true, value: chosen });
    expect(await setResourceCaps({ storageBytes: 10 })).toMatchObject({ ok: false, code: "invalid-argument" });
    for (const servedBytesPerSecond of [0, 15_999, 1.5, Number.NaN, "100" as unknown as number])
      expect(await setResourceCaps({ servedBytesPerSecond })).toMatchObject({ ok: false, code: "invalid-argument" });
    expect(await setResourceCaps({ storageBytes: 60_000_000 })).toMatchObject({
      value: { ...chosen, storageBytes: 60_000_000 },
    });
    await world.restart(one);
    expect(await one.node.requests.resources()).toMatchObject({
      value: { caps: { ...chosen, storageBytes: 60_000_000 } },
    });
    await one.disk.commit([{ table: "meta", key: resourceCapsKey, value: Uint8Array.of(255, 1) }]);
    await world.restart(one);
    expect(await one.node.requests.resources()).toMatchObject({ value: { caps: defaultResourceCaps } });
  });

  it("a capped node puts big requests off without blame, still answers what keeps nodes together, and others get on", async () => {
    const world = new Simulation(2);
    const producer = await world.add({ produce: true });
    expect(await world.run(1_800_000, () => producer.node.running.chain.head.height >= 12)).toBe(true);
    await producer.node.requests.setResourceCaps({ servedBytesPerSecond: 16_000 });
    // Spent: what follows is put off until time has passed.
    producer.node.resources.serving.note(160_000);
    const { answers, chain } = producer.node.running;
    const hashes = await chain.reader.hashes(1, 10);
    const ask = (request: Parameters<typeof encodeSyncRequest>[0]) => answers.answer(encodeSyncRequest(request));
    expect(await ask({ type: "bodies", hashes })).toMatchObject({ ok: false, code: "rate-limited" });
    expect(await ask({ type: "headers", locator: [chain.head.hash], count: 10 })).toMatchObject({
      code: "rate-limited",
    });
    expect(await ask({ type: "finality" })).toMatchObject({ ok: true });
    expect(await ask({ type: "bodies", hashes: [chain.head.hash] })).toMatchObject({ ok: true });
    const newcomer = await world.add();
    expect(await world.run(300_000, () => newcomer.node.running.chain.head.height >= 12)).toBe(true);
    expect(newcomer.network.bans).toEqual([]);
    expect(newcomer.node.scores.points(producer.name, world.clock.nowMs())).toBe(0);
    expect(producer.node.resources.serving.putOff).toBeGreaterThan(2);
    const taken = await newcomer.node.requests.resources();
    expect(taken).toMatchObject({ value: { traffic: { putOff: 0 } } });
    expect(taken.ok && taken.value.traffic.receivedBytes).toBeGreaterThan(5_000);
  });
});
