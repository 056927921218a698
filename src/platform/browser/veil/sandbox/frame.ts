/**
 * The script of `veil.html`: starts and ends the workers in which guests run, and nothing else. No guest's code is ever
 * in this page; what a page could leak through is removed all the same. It obeys the first port it is handed.
 * @module
 */
import type { FrameCommand, FrameWord } from "../messages.ts";

/** Text of the workers' script; the build puts it before this one. */
declare const veilWorkerScript: string;

// A server or a worker that left the page's headers out must not bring programs into the app's own origin.
if (origin !== "null") throw new Error("This page runs programs in an opaque origin alone.");

/** Ways out that no directive of the policy closes. */
const waysOut = /RTC|^(BroadcastChannel|SharedWorker|WebTransport|WebSocket|EventSource|XMLHttpRequest|fetch|open)$/;
for (const name of Object.getOwnPropertyNames(globalThis)) {
  if (waysOut.test(name)) Reflect.deleteProperty(globalThis, name);
}

const longestMessage = 200;
const workers = new Map<number, Worker>();
const url = URL.createObjectURL(new Blob([veilWorkerScript], { type: "text/javascript" }));

/** The first one boots while the supervisor does, which will ask for it. */
let first: Worker | null = new Worker(url);
first.onerror = () => {
  first = null;
};

/** A worker that nobody has; one that did not start is not tried again. */
function nextWorker(): Worker {
  const worker = first ?? new Worker(url);
  first = null;
  return worker;
}

function obey(port: MessagePort): void {
  const tell = (word: FrameWord): void => port.postMessage(word);
  const end = (id: number): void => {
    workers.get(id)?.terminate();
    workers.delete(id);
  };
  const start = (id: number, toSupervisor: MessagePort): void => {
    const worker = nextWorker();
    const died = (message: string): void => {
      if (!workers.has(id)) return;
      end(id);
      tell({ type: "died", id, message: message.slice(0, longestMessage) });
    };
    workers.set(id, worker);
    worker.onerror = (event) => died(event.message || "its script did not start");
    // A worker has nothing to say to the frame: one that does has been taken over.
    worker.onmessage = () => died("it spoke to the frame");
    worker.postMessage(null, [toSupervisor]);
  };
  port.onmessage = ({ data, ports: [given] }: MessageEvent<FrameCommand>) => {
    if (data.type === "ping") tell({ type: "pong" });
    else if (data.type === "end") end(data.id);
    else if (given !== undefined) start(data.id, given);
  };
}

function onFirstPort({ source, ports: [port] }: MessageEvent): void {
  if (source !== parent || port === undefined) return;
  removeEventListener("message", onFirstPort);
  obey(port);
}
addEventListener("message", onFirstPort);
