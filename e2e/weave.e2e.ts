/**
 * The weave as users meet it: two profiles, one seed. Identities, faucet, payments, refusals, a double spend, reloads, a
 * killed browser, a lost seed, a late third tab.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { desktop, endAll, openProfile, type Profile, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, passphrase, until } from "./steps.ts";

interface Peer {
  readonly id: string;
  readonly transport: string;
  readonly direct: boolean;
  readonly seed: boolean;
  readonly latencyMs: number | null;
}

interface Status {
  readonly work: { readonly stage: string };
  readonly height: number;
  readonly leader: boolean;
}

interface Balance {
  readonly availableNano: string;
  readonly pendingNano: string;
}

let seed: Seed;
let alice: Profile;
let bob: Profile;
let a: Tab;
let b: Tab;

const directTab = (peers: readonly Peer[]): boolean =>
  peers.some((peer) => !peer.seed && peer.direct && peer.transport === "webrtc");
/** Odds by confirmations against a tenth of the work: Rosenfeld, "Analysis of Hashrate-Based Double Spending", table 1. */
const tenPercentAttacker = ["20.0 %", "5.60 %", "1.71 %", "0.546 %"];
const nano = (balance: Balance): bigint => BigInt(balance.availableNano);

beforeAll(async () => {
  // Nobody votes here, so that receipts tell odds.
  seed = await startSeed({ flags: ["--no-vote"] });
  alice = await openProfile();
  bob = await openProfile({ viewport: desktop });
  a = await alice.open(seed.url);
  b = await bob.open(seed.url);
});

afterAll(endAll);

describe("the weave", () => {
  let aliceDid = "";
  let bobDid = "";
  let alicePhrase = "";

  it("joins: each tab reaches the other directly over WebRTC", async () => {
    await until<Peer[]>(a, "peers", directTab);
    await until<Peer[]>(b, "peers", directTab);
    const peers = await a.json<Peer[]>("peers");
    expect(peers.find((peer) => !peer.seed)?.latencyMs).not.toBeNull();
  });

  it("makes identities whose keys live under a passphrase", async () => {
    ({ did: aliceDid, phrase: alicePhrase } = await makeIdentity(a));
    ({ did: bobDid } = await makeIdentity(b));
    expect(aliceDid).not.toBe(bobDid);
  });

  it("gets a newcomer coins through the stamped free lane", async () => {
    await a.command("faucet 5", /Paid\. You have 5 AETH/);
    expect(nano(await a.json<Balance>("balance"))).toBe(5_000_000_000n);
  });

  it("pays: plan, consent, block, receipt with the exact odds", async () => {
    const plan = await a.command(`pay ${bobDid} 2.5`, /Sign and send\? \[y\/N\]/);
    expect(plan).toMatch(/create\s+2\.5 AETH for the recipient/);
    const receipt = await a.command("y", /odds of reversal/);
    // The next block may be there before the receipt is printed.
    const confirmations = Number(/In block \d+: (\d+) confirmations?\./.exec(receipt)?.[1]);
    expect(receipt).toContain(`${tenPercentAttacker[confirmations - 1]} for an attacker with 10 %`);
    await until<Balance>(b, "balance", (balance) => nano(balance) === 2_500_000_000n);
  });

  it("shows a dry run without signing", async () => {
    const before = nano(await a.json<Balance>("balance"));
    await a.command(`pay ${bobDid} 1 --dry-run`, /nothing was signed/);
    expect(nano(await a.json<Balance>("balance"))).toBe(before);
  });

  it.each([
    ["sattus", /Did you mean status\?/],
    ["pay did:key:zQ3shnonsense 1", /Not a valid address/],
    ["pay alice 1", /must start with did:key/],
    ["tx 12", /64 hexadecimal digits/],
    ["block 999999", /There is no block at height 999999/],
    ["pay", /DID or @NAME is missing[\s\S]*Usage: pay/],
    ["status | version", /version reads no input: a pipe or < before it would be lost. Nothing was run/],
    ["status | ; version", /A command must follow each \|/],
  ])("answers bad input clearly: %s", async (line, message) => {
    await a.command(line, message);
  });

  it("refuses more than there is, and says how much there is", async () => {
    await a.command(`pay ${bobDid} 1000`, /You have 2\.49\d* AETH to spend/);
    await a.command(`pay ${bobDid} 1,5`, /decimal point as a dot/);
  });

  it("refuses a wrong passphrase and loses nothing", async () => {
    await a.command("id lock", /locked/);
    await a.command(`pay ${bobDid} 0.1 --yes`, /Passphrase to unlock/);
    await a.command("wrong horse", /That is not the passphrase/);
    await a.command(passphrase, /In block \d+/);
  });

  it("in a double spend typed in two tabs at once exactly one wins and the other is told", async () => {
    // The same identity on a third profile, as on a second device.
    const device = await openProfile();
    const c = await device.open(seed.url);
    await c.command("id restore", /recovery words/);
    await c.command(alicePhrase, /Passphrase \(at least/);
    await c.command(passphrase, /Again:/);
    await c.command(passphrase, new RegExp(`Restored: ${aliceDid}`));
    const balance = await until<Balance>(c, "balance", (found) => nano(found) > 2_000_000_000n);
    const amount = Number(nano(balance) / 1_000_000n - 10n) / 1_000;
    await until<Peer[]>(c, "peers", directTab);
    const fromA = (await a.transcript()).length;
    const fromC = (await c.transcript()).length;
    await Promise.all([a.type(`pay ${bobDid} ${amount} --yes`), c.type(`pay ${bobDid} ${amount - 0.001} --yes`)]);
    // Whoever has heard of the other payment before its own was planned is told that the coins are gone.
    const ended =
      /In block \d+|did not go through|already being spent|does not exist or is already spent|AETH to spend; this needs/;
    const [one, two] = await Promise.all([a.waitFor(ended, { from: fromA }), c.waitFor(ended, { from: fromC })]);
    const wins = [one, two].filter((text) => /In block \d+/.test(text));
    expect(wins, `${one}\n---\n${two}`).toHaveLength(1);
    await device.close();
  });

  it("resumes after a reload and after its process was killed", async () => {
    const before = await a.json<Status>("status");
    await a.page.reload();
    await a.page.waitForSelector(".xterm-helper-textarea");
    const after = await a.json<Status>("status");
    expect(after.height).toBeGreaterThanOrEqual(before.height);
    const { folder } = alice;
    await alice.kill();
    alice = await openProfile({ folder });
    a = await alice.open(seed.url);
    const reopened = await a.json<Status>("status");
    expect(reopened.height).toBeGreaterThanOrEqual(after.height);
    await a.command("id show", new RegExp(aliceDid));
  });

  it("with two tabs of one profile one leads, the other follows and takes over", async () => {
    const second = await alice.open(seed.url);
    expect((await second.json<Status>("status")).leader).toBe(false);
    expect((await a.json<Status>("status")).leader).toBe(true);
    await a.page.close();
    await until<Status>(second, "status", (status) => status.leader);
    await second.command("id show", new RegExp(aliceDid));
    a = second;
  });

  it("goes on without the seed: transactions and blocks between tabs, and the seed is re-joined", async () => {
    await until<Peer[]>(a, "peers", directTab);
    // A tab gets the circuit's keys from its page's origin once; without them it could not prove what a block has to show.
    // This test asks by typing, again and again.
    await b.command("activity cap --typing run", /while you type: run/);
    await b.command("role produce on", /produce\s+on, /);
    await until<Status>(b, "status", (status) => status.work.stage === "ready");
    await seed.stop("SIGKILL");
    await until<Peer[]>(b, "peers", (peers) => !peers.some((peer) => peer.seed) && directTab(peers));
    const { height } = await a.json<Status>("status");
    await b.command(`pay ${aliceDid} 0.25 --yes`, /In block \d+/);
    await until<Status>(a, "status", (status) => status.height > height);
    await b.command("role produce off", /produce\s+off/);
    seed = await startSeed({ port: seed.port, dataDirectory: seed.dataDirectory, flags: ["--no-vote"] });
    await until<Peer[]>(b, "peers", (peers) => peers.some((peer) => peer.seed));
    const tip = await b.json<Status>("status");
    await until<Status>(a, "status", (status) => status.height >= tip.height);
  });

  it("a third tab that joins later has the whole chain", async () => {
    const late = await openProfile();
    const c = await late.open(seed.url);
    const tip = await b.json<Status>("status");
    await until<Status>(c, "status", (status) => status.height >= tip.height);
    await until<Peer[]>(c, "peers", directTab);
    await late.close();
  });

  it("reported no error in any page", () => {
    // A lost seed makes the browser itself complain about refused connections.
    const own = [...a.errors, ...b.errors].filter(
      (error) => !/ERR_CONNECTION_REFUSED|WebSocket connection|Failed to load resource/.test(error),
    );
    expect(own).toEqual([]);
  });
});
