import { describe, expect, it } from "vitest";
import { browserClock } from "../system.ts";
import type { FrameCommand } from "./messages.ts";
import { SandboxPool } from "./sandbox-pool.ts";

/** A pool whose frames have a page only while the seed is there. */
function poolOnSeed() {
  const seed = { isThere: true };
  let asked = 0;
  const ports: MessagePort[] = [];
  const pool = new SandboxPool(() => {
    asked++;
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    pool.attach(port1);
    if (!seed.isThere) {
      setImmediate(() => pool.missing());
      return;
    }
    port2.onmessage = ({ data, ports: [given] }: MessageEvent<FrameCommand>) => {
      if (data.type !== "start" || given === undefined) return;
      ports.push(given);
      given.postMessage({ type: "ready" });
    };
  }, browserClock);
  const close = (): void => {
    for (const port of ports) port.close();
  };
  return { pool, seed, asked: () => asked, close };
}

describe("the pool of sandboxes", () => {
  it("refuses at once while the sandbox's page cannot be had, and the first run after that has one", async () => {
    const { pool, seed, close } = poolOnSeed();
    seed.isThere = false;
    expect(await pool.take()).toMatchObject({ code: "disconnected", message: expect.stringContaining("Nothing ran") });
    // What is done after every run: it must leave nothing that the next run waits for in vain.
    await pool.refill();
    seed.isThere = true;
    expect(await pool.take()).toMatchObject({ ok: true });
    close();
  });

  it("asks once more for a page that was asked for while the seed was away", async () => {
    const { pool, seed, asked, close } = poolOnSeed();
    seed.isThere = false;
    const refilled = pool.refill();
    const taken = pool.take();
    seed.isThere = true;
    await refilled;
    expect(await taken).toMatchObject({ ok: true });
    expect(asked()).toBe(2);
    close();
  });

  it("gives up no page that was heard because it cannot be had a second time", async () => {
    const { pool, seed, asked, close } = poolOnSeed();
    const first = await pool.take();
    seed.isThere = false;
    pool.missing();
    expect(first.ok && first.value.isDead).toBe(false);
    expect(await pool.take()).toMatchObject({ ok: true });
    expect(asked()).toBe(1);
    close();
  });
});
