/**
 * The network of tabs without its seed, in real browsers: gossip goes on at once, and tabs that lose each other are
 * introduced again by a third.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endAll, freePort, openProfile, type Profile, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, until } from "./steps.ts";

interface Peer {
  readonly id: string;
  readonly transport: string;
  readonly direct: boolean;
  readonly seed: boolean;
  readonly connectedAtMs: number;
}

interface Status {
  readonly peerId: string;
  readonly height: number;
  readonly mempoolTransactions: number;
}

let seed: Seed;
const profiles: Profile[] = [];
const tabs: Tab[] = [];

const directTabs = (peers: readonly Peer[]): readonly Peer[] =>
  peers.filter((peer) => !peer.seed && peer.direct && peer.transport === "webrtc");

/** Keeps the page's peer connections where the test can reach them: that is how a link breaks. */
function rememberConnections(): void {
  const made: RTCPeerConnection[] = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made.push(this);
    }
  };
  Object.assign(window, { madeConnections: made });
}

/** Closes the newest connection of a page that stands. */
function breakOneLink(tab: Tab): Promise<boolean> {
  return tab.page.evaluate(() => {
    const { madeConnections } = window as unknown as { madeConnections: RTCPeerConnection[] };
    const standing = madeConnections.filter((one) => one.connectionState === "connected").at(-1);
    standing?.close();
    return standing !== undefined;
  });
}

beforeAll(async () => {
  seed = await startSeed({ begun: true });
  for (let i = 0; i < 3; i++) {
    // The first is to say what it needs other files of the app for, when there is no server any more.
    const profile = await openProfile({ isKept: i === 0 });
    profiles.push(profile);
    await profile.context.addInitScript(rememberConnections);
    tabs.push(await profile.open(seed.url));
  }
});

afterAll(endAll);

describe("fault 6, no candidates on a machine without a route", () => {
  it("the harness's flags and permissions give a page something to connect with", async () => {
    const found = await (tabs[0] as Tab).page.evaluate(async () => {
      const connection = new RTCPeerConnection();
      connection.createDataChannel("probe");
      const candidates: string[] = [];
      const gathered = new Promise<void>((resolve) => {
        connection.onicecandidate = ({ candidate }) => {
          if (candidate === null) resolve();
          else candidates.push(candidate.candidate);
        };
      });
      await connection.setLocalDescription(await connection.createOffer());
      await gathered;
      connection.close();
      return candidates;
    });
    expect(found.join("\n")).toMatch(/127\.0\.0\.1|::1/);
  });
});

describe("where WebSockets are blocked", () => {
  it("a tab reaches the seed over UDP and is introduced to the others all the same", async () => {
    const profile = await openProfile();
    await profile.context.addInitScript(() => {
      window.WebSocket = class extends window.WebSocket {
        constructor() {
          super("ws://0.0.0.0:0");
          throw new Error("blocked");
        }
      };
    });
    const tab = await profile.open(seed.url);
    const peers = await until<Peer[]>(tab, "peers", (found) => found.some((peer) => peer.seed));
    expect(peers.find((peer) => peer.seed)).toMatchObject({ transport: "webrtc-direct", direct: true });
    await until<Peer[]>(tab, "peers", (found) => directTabs(found).length > 0);
    await profile.close();
  });
});

describe("with two seeds that name each other", () => {
  it("a tab that opened one's page is connected to both, and keeps the other when its own dies", async () => {
    const ports = [await freePort(), await freePort()] as const;
    const start = (port: number, other: number): Promise<Seed> =>
      startSeed({ port, flags: ["--threads", "0", "--seeds", `http://127.0.0.1:${other}/`] });
    const own = await start(...ports);
    const other = await start(ports[1], ports[0]);
    const profile = await openProfile();
    const tab = await profile.open(own.url);
    await until<Peer[]>(tab, "peers", (peers) => peers.filter((peer) => peer.seed).length === 2);
    await own.stop("SIGKILL");
    const left = await until<Peer[]>(tab, "peers", (peers) => peers.length === 1);
    expect(left[0]).toMatchObject({ seed: true, direct: true });
    // Who opens the other's page finds the tab there.
    const guest = await openProfile();
    const visitor = await guest.open(other.url);
    await until<Peer[]>(visitor, "peers", (peers) => directTabs(peers).length === 1);
    await Promise.all([profile.close(), guest.close(), other.stop()]);
  });
});

describe("fault 8, hidden tabs", () => {
  it("one that was frozen has missed a block, and catches up on return", async () => {
    const [a, b, frozen] = tabs as [Tab, Tab, Tab];
    for (const tab of tabs) await until<Peer[]>(tab, "peers", (peers) => directTabs(peers).length === 2);
    await makeIdentity(a);
    const before = await frozen.json<Status>("status");
    const devtools = await frozen.page.context().newCDPSession(frozen.page);
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    await a.command("faucet 1", /Paid\. You have/);
    const { height } = await until<Status>(b, "status", (status) => status.height > before.height);
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await until<Status>(frozen, "status", (status) => status.height >= height);
    await until<Peer[]>(frozen, "peers", (peers) => directTabs(peers).length === 2);
  });
});

describe("without the seed", () => {
  it("three tabs reach each other directly", async () => {
    for (const tab of tabs) await until<Peer[]>(tab, "peers", (peers) => directTabs(peers).length === 2);
  });

  it("what one tab sends is in the others' pools at once", async () => {
    const [a, ...others] = tabs as [Tab, ...Tab[]];
    await until<{ offlineStart: string }>(a, "update", ({ offlineStart }) => offlineStart === "ready");
    await seed.stop("SIGKILL");
    for (const tab of tabs) await until<Peer[]>(tab, "peers", (peers) => !peers.some((peer) => peer.seed));
    // Nobody produces: what a newcomer asks for stays in the pools.
    await a.command("faucet 1", /Asked, without a fee/);
    const sentMs = Date.now();
    await a.page.keyboard.press("Control+c");
    for (const tab of others) await until<Status>(tab, "status", (status) => status.mempoolTransactions > 0);
    // Comparing pools, which needs no gossip, would have taken up to 15 s in each.
    expect(Date.now() - sentMs).toBeLessThan(10_000);
    await until<Status>(a, "status", (status) => status.mempoolTransactions > 0);
  });

  it("two tabs that lose each other are introduced again by the third", async () => {
    const [, b, c] = tabs as [Tab, Tab, Tab];
    const madeMs = (peers: readonly Peer[]): number => Math.max(...peers.map(({ connectedAtMs }) => connectedAtMs));
    const before = madeMs(await c.json<Peer[]>("peers"));
    expect(await breakOneLink(c)).toBe(true);
    // Not that it is missed for a while: they may be introduced before anybody has looked.
    const isNew = (peers: readonly Peer[]): boolean => directTabs(peers).length === 2 && madeMs(peers) > before;
    const found = await until<Peer[]>(c, "peers", isNew);
    expect(found.some((peer) => peer.seed)).toBe(false);
    for (const tab of [b, c]) await until<Peer[]>(tab, "peers", (peers) => directTabs(peers).length === 2);
  });

  it("a tab that is all alone is told what is kept and what happens next", async () => {
    const [a, b, c] = tabs as [Tab, Tab, Tab];
    await Promise.all([b.page.close(), c.page.close()]);
    await until<Peer[]>(a, "peers", (peers) => peers.length === 0);
    await a.command("peers", /Nobody[\s\S]*keeps? (trying|knocking)/);
    await a.command("doctor", /peers\s+nobody is connected[\s\S]*ok\s+isolation\s+programs cannot look into this page/);
  });
});
