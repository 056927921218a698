import { afterEach, describe, expect, it } from "vitest";
import { protocols } from "#node/ports.ts";
import { accepted } from "#protocol/result.ts";
import { connect, directAddress, endMembers, holds, type Member, startTabMember } from "#testing/libp2p-members.ts";
import { networkLimits } from "./limits.ts";

afterEach(endMembers);

const bounds = { timeoutMs: 10_000, maximumResponseBytes: 100_000 };
const ask = (from: Member, to: Member, body = new Uint8Array(1)) =>
  from.network.request(to.network.selfId(), protocols.sync, body, bounds);

async function pair(a: object, b: object): Promise<readonly [Member, Member]> {
  const members = [
    await startTabMember({ host: { limits: a } }),
    await startTabMember({ host: { limits: b } }),
  ] as const;
  await connect(members[0], members[1], directAddress(members[1]));
  return members;
}

describe("whoever asks without restraint", () => {
  it("too fast: is refused in words until tokens come back", async () => {
    const [a, b] = await pair({}, { requestBurst: 5, requestsPerSecond: 0.001 });
    const codes: string[] = [];
    for (let i = 0; i < 8; i++) {
      const answer = await ask(a, b);
      codes.push(answer.ok ? "ok" : answer.code);
    }
    expect(codes).toEqual([...Array(5).fill("ok"), ...Array(3).fill("rate-limited")]);
  });

  it("too much at once: is refused in words by the other side too", async () => {
    const [a, b] = await pair({ streamsPerPeer: 64 }, { streamsPerPeer: 4 });
    const waiting: (() => void)[] = [];
    b.answer = () => new Promise((resolve) => waiting.push(() => resolve(accepted(new Uint8Array(1)))));
    const asked = Array.from({ length: 7 }, () => ask(a, b));
    await holds(() => waiting.length === 4);
    expect(await asked[6]).toMatchObject({ ok: false, code: "rate-limited" });
    for (const release of waiting) release();
    expect((await Promise.all(asked)).filter(({ ok }) => ok)).toHaveLength(4);
  });
});

describe("whoever holds a stream open", () => {
  it("sends no request: is cut off in time", async () => {
    const [a, b] = await pair({}, { handlerTimeoutMs: 300 });
    const connection = a.network.directConnection(b.network.selfId());
    const stream = await connection?.newStream(protocols.sync);
    const closed = new Promise<void>((resolve) => stream?.addEventListener("close", () => resolve(), { once: true }));
    stream?.send(new Uint8Array([0, 0]));
    await closed;
    expect(await ask(a, b)).toMatchObject({ ok: true });
  });

  it("does not read the answer: holds up nothing but its own stream, and is cut off in time", async () => {
    const [a, b] = await pair({}, { handlerTimeoutMs: 500 });
    b.answer = (_peer, _protocol, request) =>
      Promise.resolve(accepted(new Uint8Array(request[0] === 1 ? 8_000_000 : 1)));
    const connection = a.network.directConnection(b.network.selfId());
    const stream = await connection?.newStream(protocols.sync);
    stream?.pause();
    stream?.send(new Uint8Array([0, 0, 0, 1, 1]));
    const closed = new Promise<void>((resolve) => stream?.addEventListener("close", () => resolve(), { once: true }));
    expect(await ask(a, b)).toMatchObject({ ok: true });
    await holds(() => {
      const open = b.network.libp2p.getConnections()[0]?.streams.filter((one) => one.protocol === protocols.sync);
      return open?.length === 0;
    });
    stream?.resume();
    await closed;
  });

  it("announces more than a request may be: is refused before it has sent it", async () => {
    const [a, b] = await pair({}, {});
    let asked = false;
    b.answer = () => {
      asked = true;
      return Promise.resolve(accepted(new Uint8Array()));
    };
    const stream = await a.network.directConnection(b.network.selfId())?.newStream(protocols.sync);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, networkLimits.requestBytes + 1);
    stream?.send(length);
    const answer: number[] = [];
    for await (const part of stream ?? []) answer.push(...part.subarray());
    expect(new TextDecoder().decode(new Uint8Array(answer))).toContain("too-large");
    expect(asked).toBe(false);
  });
});
