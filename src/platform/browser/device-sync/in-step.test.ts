import { describe, expect, it } from "vitest";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { SyncOutcome, SyncStep } from "#sdk/device-sync.ts";
import type { DevicesView } from "#sdk/pairing.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { InStep, type InStepParts, inStepPaces } from "./in-step.ts";

const nothing: SyncOutcome = {
  ...{ device: "phone", deviceKey: new Uint8Array(33), brought: 0, gone: 0, given: 0 },
  ...{ renamed: [], unpinned: [] },
};

const secret = new Uint8Array(32).fill(3);

function world(step: () => Result<SyncStep>) {
  const clock = new VirtualClock(1_000);
  const state = {
    asked: 0,
    isLocked: false,
    told: [] as string[],
    unpinned: [] as Uint8Array[],
    answered: [] as boolean[],
  };
  const device = { name: "d", key: new Uint8Array(33), sinceMs: 1, removed: null };
  const view: DevicesView = {
    devices: [
      { ...device, isThis: true },
      { ...device, isThis: false },
    ],
    shared: { mark: new Uint8Array(32), sealed: new Uint8Array() },
  };
  const parts: InStepParts = {
    clock,
    tell: (message) => state.told.push(message),
    node: {
      showDevices: async () => accepted(null),
      shownDevices: async () => accepted([]),
      devicePeers: async () => accepted(["peer"]),
      askDevice: async () => accepted(new Uint8Array()),
      answerDevice: async (_number, answer) => {
        state.answered.push(answer.ok);
        return accepted(null);
      },
      pinStripes: async (_stripes, one) => {
        state.unpinned.push(one);
        return accepted(null);
      },
    },
    vault: {
      devices: async () => (state.isLocked ? rejected("vault-locked", "Locked.") : accepted(view)),
      syncBegin: async () => {
        state.asked++;
        return accepted(new Uint8Array());
      },
      syncStep: async () => step(),
      syncAnswer: async () =>
        accepted({ answer: new Uint8Array(), outcome: { ...nothing, gone: 1, unpinned: [secret] } }),
    },
  };
  return { clock, state, keeper: new InStep(parts), run: (ms: number) => clock.run(clock.nowMs() + ms) };
}

const done =
  (outcome: Partial<SyncOutcome> = {}) =>
  (): Result<SyncStep> =>
    accepted({ type: "done", outcome: { ...nothing, ...outcome } });

describe("a tab that keeps devices in step", () => {
  it("asks once the vault is open, soon after changes, together, when peers come, and now and then", async () => {
    const { state, keeper, run } = world(done());
    keeper.onEvent({ type: "peers", peers: 1, direct: 1 });
    keeper.asked("addContact");
    await run(2 * inStepPaces.everyMs);
    expect(state.asked).toBe(0);
    keeper.opened();
    await run(1);
    expect(state.asked).toBe(1);
    keeper.asked("addContact");
    keeper.asked("changeHeldFiles");
    keeper.asked("vaultStatus");
    await run(inStepPaces.afterChangeMs);
    expect(state.asked).toBe(2);
    keeper.asked("vaultStatus");
    keeper.onEvent({ type: "peers", peers: 2, direct: 1 });
    await run(inStepPaces.afterPeersMs);
    expect(state.asked).toBe(3);
    await run(inStepPaces.everyMs);
    expect(state.asked).toBe(4);
    expect(state.told).toEqual([]);
    state.isLocked = true;
    await run(inStepPaces.everyMs);
    state.isLocked = false;
    await run(3 * inStepPaces.everyMs);
    expect(state.asked).toBe(4);
    keeper.opened();
    await run(1);
    expect(state.asked).toBe(5);
  });

  it("tells what came, ends renewals of what went, and tries again what was disturbed", async () => {
    let answers = 0;
    const { state, keeper, run } = world(() =>
      ++answers === 1
        ? rejected("busy", "Something was changed.")
        : done({ brought: 2, gone: 1, renamed: ["a is a-2 now"], unpinned: [secret] })(),
    );
    keeper.opened();
    await run(1);
    expect(state.told).toEqual([]);
    await run(inStepPaces.againMs);
    expect(state.told).toEqual([
      "In step with phone: 2 things came or changed, 1 thing deleted there went here, too. One name was used twice: a is a-2 now.",
    ]);
    expect(state.unpinned).toEqual([secret]);
  });

  it("hands over what another device asks, whether or not it asks itself", async () => {
    const { state, keeper, run } = world(done());
    keeper.onEvent({ type: "device-knock", number: 1, peerId: "p", request: new Uint8Array() });
    await run(1);
    expect(state).toMatchObject({ asked: 0, answered: [true], unpinned: [secret] });
    expect(state.told).toHaveLength(1);
  });
});
