import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveDevice } from "../platform/hardware/device-endpoint.ts";
import { systemClock, systemEntropy } from "../platform/node/system.ts";
import { createEmulatedSampler } from "../platform/wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../platform/wasm/sampler-kernel.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "aether-tsu-"));
const program = join(folder, "tsu-conformance.js");

beforeAll(async () => {
  await build({
    root,
    configFile: false,
    logLevel: "error",
    publicDir: false,
    ssr: { noExternal: true, target: "node" },
    build: { ssr: join(root, "src/seed/tsu-conformance.ts"), outDir: folder, emptyOutDir: false },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => {
      output += String(data);
    });
    child.stderr.on("data", (data) => {
      output += String(data);
    });
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** A device that listens on loopback. */
async function listening(onConnection: (socket: Socket) => void): Promise<{ address: string; close(): void }> {
  const server = createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { address: `127.0.0.1:${address.port}`, close: () => server.close() };
}

describe("npm run tsu-conformance", () => {
  it("passes a good device over TCP", async () => {
    const kernel = await createSamplerKernel();
    const device = await listening((socket) => {
      const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
      const stream = {
        label: "socket",
        readable: Readable.toWeb(socket) as unknown as ReadableStream<Uint8Array>,
        writable: Writable.toWeb(socket) as WritableStream<Uint8Array>,
        close: () => Promise.resolve(void socket.destroy()),
      };
      serveDevice(stream, createEmulatedSampler({ kernel, entropy: systemEntropy, pause }), systemClock);
    });
    const { code, output } = await run("--tcp", device.address);
    device.close();
    expect(output).toMatch(/20 of 20 demands met/);
    expect(code).toBe(0);
  });

  it("fails what is no device, and says how it is used", async () => {
    const echo = await listening((socket) => {
      socket.on("error", () => undefined);
      socket.pipe(socket);
    });
    const { code, output } = await run("--tcp", echo.address, "--only", "greets");
    echo.close();
    expect(code).toBe(1);
    expect(output).toMatch(/FAIL greets within.*\n +There should have been a welcome/);
    expect(await run("--help")).toMatchObject({ code: 0, output: expect.stringMatching(/--serial PATH/) });
    expect(await run()).toMatchObject({ code: 2 });
    expect(await run("--tcp", "127.0.0.1:1", "--edge", "3")).toMatchObject({ code: 2 });
    expect(await run("--serial", join(folder, "nothing"))).toMatchObject({ code: 2 });
  });
});
