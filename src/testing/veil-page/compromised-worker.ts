/**
 * A sandbox worker that has been taken over: it confines nothing and hands its port and everything a worker has to the
 * script it is given. What still holds then are the walls around it: the page's policy, its opaque origin, the supervisor.
 */
import type { SandboxOrder } from "../../platform/browser/veil/messages.ts";

addEventListener("message", ({ ports: [port] }) => {
  if (port === undefined) return;
  port.onmessage = async ({ data: { program } }: MessageEvent<SandboxOrder>) => {
    if (program.type !== "component") return;
    const script = `globalThis.hostile=(${program.glue}\n);`;
    importScripts(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    const { hostile } = globalThis as unknown as { hostile(port: MessagePort): Promise<string> };
    const said = await hostile(port).catch(String);
    const end = { type: "trap", message: said };
    port.postMessage({ type: "end", end, fuelUsed: 0, memoryPeakPages: 0, files: [] });
  };
  port.postMessage({ type: "ready" });
});
