import { describe, expect, it } from "vitest";
import { connect, type RpcPort, sendEvent, serve } from "./rpc.ts";

interface Service {
  add(a: number, b: number): Promise<number>;
  big(bytes: Uint8Array, amount: bigint): Promise<{ bytes: Uint8Array; amount: bigint }>;
  fail(): Promise<never>;
  hang(): Promise<never>;
}

const service: Service = {
  add: (a, b) => Promise.resolve(a + b),
  big: (bytes, amount) => Promise.resolve({ bytes, amount }),
  fail: () => Promise.reject(new Error("broken")),
  hang: () => new Promise<never>(() => undefined),
};

function pair(): { near: RpcPort; far: RpcPort; end: () => void } {
  const { port1, port2 } = new MessageChannel();
  const ports = { near: port1 as unknown as RpcPort, far: port2 as unknown as RpcPort };
  return { ...ports, end: () => port1.close() };
}

describe("rpc", () => {
  it("carries calls, bytes, big numbers, failures and events", async () => {
    const { near, far, end } = pair();
    serve(far, service);
    const remote = connect<Service>(near);
    expect(await remote.methods.add(2, 3)).toBe(5);
    expect(await remote.methods.big(new Uint8Array([1, 2]), 1n << 70n)).toEqual({
      bytes: new Uint8Array([1, 2]),
      amount: 1n << 70n,
    });
    await expect(remote.methods.fail()).rejects.toThrow("broken");
    const heard = new Promise((resolve) => remote.onEvent(resolve));
    sendEvent(far, { news: 1 });
    expect(await heard).toEqual({ news: 1 });
    end();
  });

  it("lets both ends call each other over one port", async () => {
    const { near, far, end } = pair();
    serve(near, { name: () => Promise.resolve("near") });
    serve(far, { name: () => Promise.resolve("far") });
    const toFar = connect<{ name(): Promise<string> }>(near);
    const toNear = connect<{ name(): Promise<string> }>(far);
    expect(await Promise.all([toFar.methods.name(), toNear.methods.name()])).toEqual(["far", "near"]);
    end();
  });

  it("reaches nothing but the object's own methods", async () => {
    const { near, far, end } = pair();
    serve(far, service);
    const remote = connect<Record<string, () => Promise<unknown>>>(near);
    for (const name of ["constructor", "toString", "__proto__", "nothing"]) {
      await expect(remote.methods[name]?.()).rejects.toThrow("no method");
    }
    end();
  });

  it("refuses open and later calls once closed, instead of hanging", async () => {
    const { near, far, end } = pair();
    serve(far, service);
    const remote = connect<Service>(near);
    const open = remote.methods.hang();
    remote.close();
    expect(await open).toMatchObject({ ok: false, code: "disconnected" });
    expect(await remote.methods.add(1, 1)).toMatchObject({ ok: false, code: "disconnected" });
    end();
  });

  it("says so when an argument or an answer cannot be cloned, and goes on", async () => {
    const { near, far, end } = pair();
    const odd = { ...service, odd: (): Promise<unknown> => Promise.resolve(() => "a function") };
    serve(far, odd);
    const remote = connect<typeof odd>(near);
    await expect(remote.methods.odd()).rejects.toThrow("DataCloneError");
    await expect(remote.methods.add(1, (() => 1) as unknown as number)).rejects.toThrow("add was not sent");
    expect(await remote.methods.add(1, 2)).toBe(3);
    end();
  });

  it("works over a BroadcastChannel, and an answer to one that has closed disturbs nobody", async () => {
    const [near, far] = [new BroadcastChannel("rpc-test"), new BroadcastChannel("rpc-test")];
    let answer: (value: number) => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      const slow = new Promise<number>((settle) => {
        answer = settle;
      });
      serve(far as unknown as RpcPort, {
        add: service.add,
        slow: () => {
          resolve();
          return slow;
        },
      });
    });
    const remote = connect<{ add: Service["add"]; slow(): Promise<number> }>(near as unknown as RpcPort);
    expect(await remote.methods.add(2, 2)).toBe(4);
    const open = remote.methods.slow();
    await asked;
    far.close();
    answer(1);
    sendEvent(far as unknown as RpcPort, "unheard");
    // An unhandled rejection in `serve` would fail this run; the caller learns of the end from `close`.
    await new Promise((resolve) => setImmediate(resolve));
    remote.close();
    expect(await open).toMatchObject({ code: "disconnected" });
    near.close();
  });

  it("bounds the calls that are open", async () => {
    const silent: RpcPort = {
      postMessage: () => undefined,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    };
    const remote = connect<Service>(silent);
    const calls = Array.from({ length: 10_001 }, () => remote.methods.hang());
    expect(await calls.at(-1)).toMatchObject({ ok: false, code: "rate-limited" });
    remote.close();
    expect(await calls[0]).toMatchObject({ code: "disconnected" });
  });
});
