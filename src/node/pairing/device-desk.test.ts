import { describe, expect, it } from "vitest";
import { encodeDeviceSync } from "#protocol/device-sync/messages.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { DeviceKnockEvent } from "#sdk/device-sync.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import type { Network } from "../ports.ts";
import { DeviceDesk, deviceDeskLimits } from "./device-desk.ts";
import { PairingDesk } from "./pairing-desk.ts";

const mark = new Uint8Array(32).fill(5);
const sealed = new Uint8Array(40).fill(6);
const hello = encodeDeviceSync({ type: "hello", mark, sealed });

function world() {
  const clock = new VirtualClock(1_000);
  const network = { peers: () => [] } as unknown as Network;
  const pairing = new PairingDesk({ clock, network });
  const told: DeviceKnockEvent[] = [];
  const desk = new DeviceDesk({ clock, network, pairing, tell: (event) => told.push(event) });
  return { clock, pairing, told, desk, requests: desk.requests() };
}

describe("the desk for devices that keep in step", () => {
  it("hands over what comes under the mark that is shown here, and answers back", async () => {
    const { desk, pairing, requests, told } = world();
    pairing.show({ mark, sealed });
    const answer = desk.answer("phone", hello);
    expect(told).toEqual([{ type: "device-knock", number: 1, peerId: "phone", request: hello }]);
    expect(await requests.answerDevice(1, accepted(Uint8Array.of(9)))).toMatchObject({ ok: true });
    expect(await answer).toEqual(accepted(Uint8Array.of(9)));
    expect(await requests.answerDevice(1, accepted(Uint8Array.of(9)))).toMatchObject({ code: "timeout" });
    const refused = desk.answer("phone", hello);
    await requests.answerDevice(2, rejected("vault-locked", "Locked."));
    expect(await refused).toMatchObject({ code: "vault-locked" });
  });

  it("tells the page nothing of strangers, of what is no request, and of more than it holds; nobody waits for ever", async () => {
    const { desk, pairing, told, clock } = world();
    expect(await desk.answer("a", hello)).toMatchObject({ code: "not-serving" });
    pairing.show({ mark: new Uint8Array(32), sealed });
    expect(await desk.answer("a", hello)).toMatchObject({ code: "not-serving" });
    expect(await desk.answer("a", new Uint8Array(3))).toMatchObject({ ok: false });
    expect(told).toEqual([]);
    pairing.show({ mark, sealed });
    const waiting = Array.from({ length: deviceDeskLimits.waiting }, () => desk.answer("a", hello));
    expect(await desk.answer("b", hello)).toMatchObject({ code: "rate-limited" });
    await clock.run(clock.nowMs() + deviceDeskLimits.answerMs);
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => expect.objectContaining({ code: "not-serving" })));
  });
});
