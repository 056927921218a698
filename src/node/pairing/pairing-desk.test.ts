import { describe, expect, it } from "vitest";
import { encodePairRequest } from "#protocol/pairing/messages.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import type { Network } from "../ports.ts";
import { deskLimits, PairingDesk } from "./pairing-desk.ts";

const hello = encodePairRequest({ type: "hello", id: new Uint8Array(7), commitment: new Uint8Array(32) });
const mark = new Uint8Array(32).fill(5);
const sealed = new Uint8Array(40).fill(6);

/** A desk whose network knows peers by their desks. */
function desk(peers: Readonly<Record<string, PairingDesk>> = {}, clock = new VirtualClock(1_000)) {
  const network = {
    peers: () => Object.keys(peers).map((id) => ({ id })),
    reach: (id: string) =>
      Promise.resolve(id in peers ? accepted(null) : rejected("disconnected", "That peer cannot be reached.")),
    request: (id: string, _protocol: string, request: Uint8Array) => (peers[id] as PairingDesk).answer("me", request),
  } as unknown as Network;
  return { clock, desk: new PairingDesk({ clock, network }) };
}

describe("the desk for pairing", () => {
  it("hands requests to the page in their order, and answers back", async () => {
    const { desk: here } = desk();
    const knock = here.next();
    const [first, second] = [here.answer("a", hello), here.answer("b", hello)];
    expect(await knock).toMatchObject({ value: { number: 1, peerId: "a", request: hello } });
    expect(await here.next()).toMatchObject({ value: { number: 2, peerId: "b" } });
    expect(here.reply(2, rejected("not-found", "Over."))).toMatchObject({ ok: true });
    expect(here.reply(1, accepted(Uint8Array.of(1)))).toMatchObject({ ok: true });
    expect(here.reply(1, accepted(Uint8Array.of(1)))).toMatchObject({ code: "timeout" });
    expect(await first).toEqual(accepted(Uint8Array.of(1)));
    expect(await second).toMatchObject({ code: "not-found" });
  });

  it("refuses while nobody pairs here, what is no request, and more than it holds", async () => {
    const { desk: here, clock } = desk();
    expect(await here.answer("a", hello)).toMatchObject({ code: "not-found" });
    const idle = here.next();
    await clock.run(clock.nowMs() + deskLimits.lookMs);
    expect(await idle).toEqual(accepted(null));
    expect(await here.answer("a", new Uint8Array(3))).toMatchObject({ ok: false });
    const waiting = Array.from({ length: deskLimits.waiting }, () => here.answer("a", hello));
    expect(await here.answer("b", hello)).toMatchObject({ code: "rate-limited" });
    // The page has gone: nobody waits for ever.
    await clock.run(clock.nowMs() + deskLimits.answerMs);
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => expect.objectContaining({ code: "not-found" })));
    await clock.run(clock.nowMs() + deskLimits.presenceMs);
    expect(await here.answer("a", hello)).toMatchObject({ code: "not-found" });
  });

  it("shows a sealed list to who asks by its mark alone", async () => {
    const { desk: far } = desk();
    const { desk: here } = desk({ far });
    expect(await here.shown(mark)).toEqual(accepted([]));
    expect(far.show({ mark, sealed })).toMatchObject({ ok: true });
    expect(await here.shown(mark)).toEqual(accepted([sealed]));
    expect(await here.shown(new Uint8Array(32))).toEqual(accepted([]));
    expect(far.show({ mark, sealed: new Uint8Array(1_000_000) })).toMatchObject({ code: "invalid-argument" });
    expect(await here.ask("nobody", hello)).toMatchObject({ code: "disconnected" });
    expect(await here.ask("far", hello)).toMatchObject({ code: "not-found" });
  });
});
