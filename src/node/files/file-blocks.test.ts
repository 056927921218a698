/** Files between whole nodes on a simulated network: who has what when somebody is away, restarts, lies or asks for too much. */
import { describe, expect, it } from "vitest";
import { concatBytes, equalBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { combinePlainly, parityOf } from "#protocol/files/erasure-code.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import {
  allowanceId,
  type BlockRequest,
  decodeBlockRequest,
  encodeBlockRequest,
  haveAnswers,
  roomAnswers,
  wantAnswers,
} from "#protocol/files/requests.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import { searchStamp } from "#protocol/ledger/stamp.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { Placement } from "#sdk/files.ts";
import { answering } from "#testing/lying-node.ts";
import { answered, must } from "#testing/mail-fixtures.ts";
import { Random } from "#testing/random.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { protocols } from "../ports.ts";
import { filePlan } from "./file-limits.ts";

const limits = { timeoutMs: 5_000, maximumResponseBytes: 1 << 20 };

/** A piece of a 4 + 4 code. */
const data = [1, 2, 3, 4].map((n) => new Random(n).bytes(1_000));
const shards = [...data, ...must(parityOf(data, 4, combinePlainly))];
const stripe: Stripe = { data: 4, shards: shards.map((shard) => sha256(shard)) };

/** Asks to keep its first shard as long as may be. */
const keep = {
  type: "keep",
  stripe,
  untilMs: Number.MAX_SAFE_INTEGER,
  marks: [],
  places: [0],
  blocks: [shards[0] as Uint8Array],
} as const;

/** A world with so many keepers, with Ann's tab, which has a file, and Bob's. */
async function world(keepers: number, seed = 3) {
  const simulation = new Simulation(seed);
  const keeping: SimulatedNode[] = [];
  for (let i = 0; i < keepers; i++) keeping.push(await simulation.add({ keepsFiles: true }));
  const [annsTab, bobsTab] = [await simulation.add(), await simulation.add()];
  await simulation.run(5_000);
  const place = async (from = annsTab, code = stripe.data, blocks = shards): Promise<Placement> =>
    must(await answered(simulation, from.node.requests.placeStripe(code, blocks)));
  const fetch = async (of = stripe) => must(await answered(simulation, bobsTab.node.requests.fetchStripe(of, [])));
  const locate = async (of = stripe): Promise<Placement> =>
    must(await answered(simulation, bobsTab.node.requests.locateStripes([of])))[0] as Placement;
  const named = (id: string): SimulatedNode => simulation.nodes.find(({ name }) => name === id) as SimulatedNode;
  return { simulation, keeping, annsTab, bobsTab, place, fetch, locate, named };
}

/** Whether the first four shards, or any four, are those that were put. */
const isWhole = (came: readonly (Uint8Array | null)[]): boolean =>
  came.filter((shard) => shard !== null).length >= stripe.data &&
  came.every((shard, i) => shard === null || equalBytes(shard, shards[i] as Uint8Array));

/** Asks a node as another one's peer would. */
function ask(simulation: Simulation, from: SimulatedNode, to: SimulatedNode, request: BlockRequest) {
  return answered(simulation, from.network.request(to.name, protocols.block, encodeBlockRequest(request), limits));
}

describe("a piece of a file", () => {
  it("is spread over keepers, comes back when its owner and two of six have gone, and through a keeper's restart", async () => {
    const { simulation, keeping, annsTab, place, fetch, named } = await world(6);
    const placed = await place();
    expect(placed).toMatchObject({ missing: 0, mayLeave: 2, here: false, trouble: "" });
    expect(placed.keepers).toHaveLength(6);
    await annsTab.network.stop();
    for (const id of placed.keepers.slice(0, 2)) await named(id).network.stop();
    const [left] = keeping.filter(({ name }) => !placed.keepers.slice(0, 2).includes(name));
    await simulation.restart(left as SimulatedNode);
    const { shards: came, trouble } = await fetch();
    expect(trouble).toBeNull();
    expect(isWhole(came)).toBe(true);
  });

  it("is kept by its owner as well where one keeper's going would lose it, and by him alone where nobody keeps", async () => {
    const one = await world(1);
    expect(await one.place()).toMatchObject({ missing: 0, mayLeave: 0, here: true });
    const none = await world(0);
    const alone = await none.place();
    expect(alone).toEqual({
      keepers: [],
      missing: 8,
      mayLeave: -1,
      here: true,
      trouble: "no node that keeps files is connected",
    });
    await none.simulation.restart(none.annsTab);
    expect(isWhole((await none.fetch()).shards)).toBe(true);
    await none.annsTab.network.stop();
    const gone = await none.fetch();
    expect(gone).toMatchObject({ shards: shards.map(() => null), trouble: { code: "disconnected" } });
  });

  it("of which too little is left is said to be missing, with how much; what is left is given", async () => {
    const { simulation, annsTab, bobsTab, fetch, place } = await world(1);
    await place();
    await annsTab.network.stop();
    const { disk } = simulation.nodes[0] as SimulatedNode;
    const gone = stripe.shards.slice(1, 6).map((digest) => concatBytes(Uint8Array.of(1), digest));
    await disk.commit(gone.map((key) => ({ table: "files", key, value: null })));
    const { shards: came, trouble } = await fetch();
    expect(trouble).toMatchObject({ code: "not-found", message: expect.stringMatching(/None of 1 .* has 1 of the/) });
    expect(came.flatMap((shard, i) => (shard === null ? [] : [i]))).toEqual([0, 6, 7]);
    // Those whose content is known before need not come.
    const known = await answered(simulation, bobsTab.node.requests.fetchStripe(stripe, [2]));
    expect(known).toMatchObject({ ok: true, value: { trouble: null } });
  });

  it("comes in spite of one who lies, one who says nothing and one who may not send more just now", async () => {
    const { simulation, keeping, place, fetch } = await world(6);
    await place();
    const [liar, mute, busy] = keeping as [SimulatedNode, SimulatedNode, SimulatedNode];
    answering(liar, (answer, request) =>
      isWant(request) ? accepted(wantAnswers.encode({ blocks: [new Uint8Array(9)] })) : answer,
    );
    mute.network.request = () => Promise.resolve(rejected("timeout", ""));
    const inner = mute.network as unknown as { respond: () => Promise<never> };
    inner.respond = () => new Promise(() => undefined);
    let refusals = 2;
    answering(busy, (answer, request) =>
      isWant(request) && refusals-- > 0 ? rejected("rate-limited", "later") : answer,
    );
    const noisy = await simulation.add({ keepsFiles: true });
    answering(noisy, () => accepted(new Uint8Array(50).fill(255)));
    const began = simulation.clock.nowMs();
    const { shards: came, trouble } = await fetch();
    expect(trouble).toBeNull();
    expect(isWhole(came)).toBe(true);
    // Nobody waits for the one who says nothing until his time is over.
    expect(simulation.clock.nowMs() - began).toBeLessThan(filePlan.askTimeoutMs);
  });

  it("is left with keepers that are slow to say that they keep as well, and waits but once for one that says nothing", async () => {
    const { simulation, keeping, annsTab, place } = await world(6);
    const [slow, mute] = keeping as [SimulatedNode, SimulatedNode];
    const { clock } = simulation;
    const slowMs = 2 * filePlan.hedgeMs;
    answering(slow, (answer) => new Promise((resolve) => clock.schedule(slowMs, () => resolve(answer))));
    answering(mute, () => new Promise(() => undefined));
    const placed = await place();
    expect(placed.keepers).toHaveLength(5);
    expect(placed.keepers).toContain(slow.name);
    const began = clock.nowMs();
    await place(annsTab, 1, [data[0] as Uint8Array]);
    expect(clock.nowMs() - began).toBeLessThan(filePlan.askTimeoutMs);
  });

  it("that is whole is left with as many keepers as there are to be copies, and found by its one name", async () => {
    const { annsTab, place, fetch, named } = await world(7);
    const block = data[0] as Uint8Array;
    const copies = Array.from({ length: 5 }, () => block);
    const placed = await place(annsTab, 1, copies);
    expect(placed).toMatchObject({ missing: 0, mayLeave: 4 });
    expect(placed.keepers).toHaveLength(5);
    await annsTab.network.stop();
    for (const id of placed.keepers.slice(0, 4)) await named(id).network.stop();
    const { shards: came } = await fetch({ data: 1, shards: [sha256(block)] });
    expect(came).toEqual([block]);
  });
});

const isOf = (type: BlockRequest["type"], request: Uint8Array): boolean => {
  const asked = decodeBlockRequest(request);
  return asked.ok && asked.value.type === type;
};

const isWant = (request: Uint8Array): boolean => isOf("want", request);

describe("repair", () => {
  const audits = (n: number): number => n * (filePlan.auditEveryMs + 5_000);

  it("makes lost shards anew, without the owner, until as many keepers may go as before; again and again", async () => {
    const { simulation, annsTab, place, locate, fetch, named } = await world(8);
    const placed = await place();
    await annsTab.network.stop();
    let gone = placed.keepers;
    for (let round = 0; round < 3; round++) {
      for (const id of gone.slice(0, 2)) await named(id).network.stop();
      expect((await locate()).missing).toBeGreaterThan(0);
      expect((await locate()).missing).toBeLessThanOrEqual(4);
      await simulation.run(audits(10));
      const mended = await locate();
      expect(mended.missing).toBe(0);
      gone = mended.keepers;
    }
    // Six of eight have gone for good, one after the other.
    expect(isWhole((await fetch()).shards)).toBe(true);
  });

  it("waits until a shard was missed twice: a keeper that comes back soon costs nothing", async () => {
    const { simulation, place, named } = await world(7);
    const placed = await place();
    const away = named(placed.keepers[0] as string);
    await away.network.stop();
    await simulation.run(filePlan.auditEveryMs);
    await simulation.restart(away);
    await simulation.run(audits(12));
    expect(simulation.nodes.map(({ node }) => node.running.files.repair.repaired)).toEqual(
      simulation.nodes.map(() => 0),
    );
  });

  it("counts a keeper that says it has shards and gives none, or others, as one that has gone", async () => {
    const { simulation, keeping, place, bobsTab } = await world(8);
    const placed = await place();
    const liar = keeping.find(({ name }) => placed.keepers.includes(name)) as SimulatedNode;
    answering(liar, (answer, request) =>
      isWant(request) ? accepted(wantAnswers.encode({ blocks: [new Uint8Array(9)] })) : answer,
    );
    await simulation.run(audits(14));
    await liar.network.stop();
    const after = must(await answered(simulation, bobsTab.node.requests.locateStripes([stripe])));
    expect(after).toMatchObject([{ missing: 0 }]);
  });

  it("believes a keeper that let a shard go after it said that it has it", async () => {
    const { simulation, keeping, place, annsTab } = await world(3);
    const placed = await place();
    expect(placed.keepers).toHaveLength(3);
    const [honest] = keeping as [SimulatedNode];
    let asked = 0;
    answering(honest, (answer, request) => {
      if (isWant(request)) asked++;
      if (asked === 0) return answer;
      if (isWant(request)) return accepted(wantAnswers.encode({ blocks: [null] }));
      return isOf("have", request) ? accepted(haveAnswers.encode({ here: new Uint8Array(8) })) : answer;
    });
    await simulation.run(audits(6));
    expect(asked).toBeGreaterThan(0);
    for (const one of [annsTab, ...keeping.slice(1)]) {
      const { keepers } = must(await answered(simulation, one.node.requests.fileKeepers()));
      expect(keepers).toBe(one === annsTab ? 3 : 2);
    }
  });

  it("spreads what one keeper had alone once there are others", async () => {
    const { simulation, annsTab, place, locate } = await world(1);
    expect(await place()).toMatchObject({ mayLeave: 0 });
    await annsTab.network.stop();
    for (let i = 0; i < 5; i++) await simulation.add({ keepsFiles: true });
    await simulation.run(audits(12));
    expect(await locate()).toMatchObject({ missing: 0, mayLeave: 2 });
  });

  it("makes nothing of a stripe that somebody made up", async () => {
    const { simulation, keeping, place, annsTab } = await world(6);
    const lie = [...shards.slice(0, 7), new Random(99).bytes(1_000)];
    await place(annsTab, 4, lie);
    const before = await Promise.all(keeping.map(({ disk }) => disk.range("files", { limit: 100 })));
    const [first] = keeping as [SimulatedNode];
    await first.network.stop();
    await simulation.run(audits(10));
    const after = await Promise.all(keeping.map(({ disk }) => disk.range("files", { limit: 100 })));
    expect(after.map((rows) => rows.length)).toEqual(before.map((rows) => rows.length));
  });
});

describe("a piece that was left with a secret", () => {
  const secret = new Uint8Array(32).fill(7);
  const audits = (n: number): number => n * (filePlan.auditEveryMs + 5_000);
  /** Shards of the piece that lie with each node. */
  const rowsOf = (nodes: readonly SimulatedNode[]) =>
    Promise.all(
      nodes.map(async ({ disk }) => {
        const rows = await disk.getMany(
          "files",
          stripe.shards.map((digest) => concatBytes(Uint8Array.of(1), digest)),
        );
        return rows.filter((row) => row !== undefined).length;
      }),
    );
  async function left(keepers: number) {
    const made = await world(keepers);
    const { requests } = made.annsTab.node;
    const placed = must(await answered(made.simulation, requests.placeStripe(4, shards, { secret })));
    const release = (by: Uint8Array, who = made.annsTab) =>
      answered(made.simulation, who.node.requests.releaseStripes([stripe], by));
    return { ...made, placed, release };
  }

  it("is let go by who has the secret and by nobody else, at once, and is not kept again", async () => {
    const { simulation, keeping, annsTab, bobsTab, placed, release, place, fetch, named } = await left(6);
    expect(placed).toMatchObject({ missing: 0 });
    expect(must(await release(new Uint8Array(32), bobsTab))).toMatchObject({ asked: 6, released: 0 });
    expect(isWhole((await fetch()).shards)).toBe(true);
    // Shards that repair has brought to somebody go as well.
    await named(placed.keepers[0] as string).network.stop();
    await simulation.add({ keepsFiles: true });
    await simulation.run(audits(12));
    expect(must(await release(secret))).toMatchObject({ asked: 6, released: 6 });
    expect((await fetch()).trouble).toMatchObject({ code: "not-found" });
    const there = keeping.filter(({ name }) => name !== placed.keepers[0]);
    expect(await rowsOf([...there, annsTab])).toEqual(new Array(6).fill(0));
    for (const one of there) await simulation.restart(one);
    const again = annsTab.node.requests.placeStripe(4, shards, { secret });
    expect(await answered(simulation, again)).toMatchObject({ code: "revoked" });
    expect(await rowsOf(there)).toEqual(new Array(5).fill(0));
    // Another device of the owner learns it from keepers, who show it, and keeps nothing either.
    const other = await simulation.add();
    await simulation.run(5_000);
    const elsewhere = other.node.requests.placeStripe(4, shards, { secret });
    expect(await answered(simulation, elsewhere)).toMatchObject({ code: "revoked" });
    expect(await rowsOf([other])).toEqual([0]);
    // Who only says so is one that refuses.
    answering(there[0] as SimulatedNode, (answer, request) =>
      isOf("keep", request) ? rejected("revoked", "") : answer,
    );
    // Under another's mark it is another's.
    await place(bobsTab);
    expect((await rowsOf(there)).some((rows) => rows > 0)).toBe(true);
  });

  it("is let go by a keeper that was away then, too, and repair brings it back to nobody", async () => {
    const { simulation, keeping, placed, annsTab, release } = await left(3);
    const away = keeping.find(({ name }) => name === placed.keepers[0]) as SimulatedNode;
    await away.network.stop();
    await simulation.run(audits(12));
    expect(must(await release(secret))).toMatchObject({ released: 2 });
    await annsTab.network.stop();
    await simulation.restart(away);
    expect(await rowsOf([away])).not.toEqual([0]);
    await simulation.run(audits(14));
    expect(await rowsOf(keeping)).toEqual([0, 0, 0]);
  });

  it("is let go by a keeper that was away when it comes, which nobody else could have told it, also after the owner's restart", async () => {
    const { simulation, keeping, annsTab, release } = await left(1);
    const [away] = keeping as [SimulatedNode];
    await away.network.stop();
    expect(must(await release(secret))).toMatchObject({ asked: 0, released: 0, pieces: 1 });
    expect(await rowsOf([annsTab])).toEqual([0]);
    await simulation.restart(annsTab);
    await simulation.restart(away);
    expect(await rowsOf([away])).toEqual([8]);
    await simulation.run(3 * filePlan.tellAgainMs);
    expect(await rowsOf([away])).toEqual([0]);
  });

  it("is told by its owner to a keeper that said nothing, again and again until it hears", async () => {
    const { simulation, keeping, release } = await left(1);
    const [mute] = keeping as [SimulatedNode];
    let isMute = true;
    answering(mute, (answer, request) => (isMute && isOf("release", request) ? rejected("timeout", "") : answer));
    // What is done is done, but its owner cannot know it.
    expect(must(await release(secret))).toMatchObject({ asked: 1, released: 0 });
    const told: number[] = [];
    answering(mute, (answer, request) => {
      if (isOf("release", request)) told.push(simulation.clock.nowMs());
      return isMute && told.length > 0 && isOf("release", request) ? rejected("timeout", "") : answer;
    });
    await simulation.run(filePlan.knownMs + 3 * filePlan.tellAgainMs);
    expect(told.length).toBe(1);
    isMute = false;
    await simulation.run(3 * filePlan.knownMs);
    expect(told.length).toBe(2);
  });

  it("is no longer pinned once its secret lets it go, though nobody says any more which pieces were left by it", async () => {
    const { simulation, keeping, annsTab } = await left(3);
    const { requests } = annsTab.node;
    must(await answered(simulation, requests.pinStripes([], secret, Number.MAX_SAFE_INTEGER)));
    const [until] = must(await answered(simulation, requests.renewedUntil([secret])));
    simulation.clock.skip(16 * 86_400_000);
    await simulation.run(5 * filePlan.renewEveryMs);
    const renewed = must(await answered(simulation, requests.renewedUntil([secret, new Uint8Array(32)])));
    expect(renewed[0]).toBeGreaterThan(until as number);
    expect(renewed[1]).toBeNull();
    expect(must(await answered(simulation, requests.releaseStripes([], secret)))).toMatchObject({
      released: 3,
      pieces: 1,
    });
    expect(await rowsOf([...keeping, annsTab])).toEqual([0, 0, 0, 0]);
    expect(must(await answered(simulation, requests.renewedUntil([secret])))).toEqual([null]);
  });

  it("is renewed by its owner whatever a stranger asks the owner's node to keep longer", async () => {
    const { simulation, keeping, annsTab, bobsTab, fetch } = await left(3);
    must(await answered(simulation, annsTab.node.requests.offerStorage(filePlan.leastOfferBytes)));
    must(await answered(simulation, annsTab.node.requests.pinStripes([], secret, Number.MAX_SAFE_INTEGER)));
    const longer = { ...keep, places: [], blocks: [] };
    const allow = async () => {
      const { challenge } = must(roomAnswers.decode(must(await ask(simulation, bobsTab, annsTab, { type: "room" }))));
      const bits = simulation.parameters.freeLane.stampBits + filePlan.moreStampBits;
      const stamp = searchStamp(allowanceId(challenge, bobsTab.name), bits, 0, 1 << 24) as Uint8Array;
      must(await ask(simulation, bobsTab, annsTab, { type: "allow", stamp }));
    };
    await allow();
    // What is not here is not kept longer.
    expect(await ask(simulation, bobsTab, annsTab, longer)).toMatchObject({ code: "not-found" });
    must(await ask(simulation, bobsTab, annsTab, keep));
    for (let halves = 0; halves < 4; halves++) {
      simulation.clock.skip(14 * 86_400_000);
      await allow();
      must(await ask(simulation, bobsTab, annsTab, longer));
      await simulation.run(3 * filePlan.renewEveryMs);
    }
    for (const one of keeping)
      expect(one.node.running.files.shelf.which(stripe.shards).some((byte) => byte === 1)).toBe(true);
    expect(isWhole((await fetch()).shards)).toBe(true);
  });

  it("stays, pinned, with a browser that has it alone, however long that was off", async () => {
    const { simulation, annsTab } = await left(0);
    const { requests } = annsTab.node;
    must(await answered(simulation, requests.pinStripes([stripe], secret, Number.MAX_SAFE_INTEGER)));
    for (let times = 0; times < 2; times++) {
      simulation.clock.skip(40 * 86_400_000);
      await simulation.run(3 * filePlan.renewEveryMs);
    }
    expect(isWhole(must(await answered(simulation, requests.fetchStripe(stripe, []))).shards)).toBe(true);
  });

  it("stays as long as it is pinned and its owner's tab is there now and then, and goes after the time once it is not", async () => {
    const { simulation, keeping, annsTab, fetch } = await left(3);
    const { requests } = annsTab.node;
    must(await answered(simulation, requests.pinStripes([stripe], secret, Number.MAX_SAFE_INTEGER)));
    const days = (n: number): number => n * 86_400_000;
    const begun = simulation.clock.nowMs();
    // Time passes without anybody; what must happen happens in the minutes after it.
    for (let halves = 0; halves < 4; halves++) {
      simulation.clock.skip(days(16));
      await simulation.run(5 * filePlan.renewEveryMs);
    }
    expect(simulation.clock.nowMs() - begun).toBeGreaterThan(2 * fileLimits.lifeMs);
    expect(isWhole((await fetch()).shards)).toBe(true);
    must(await answered(simulation, requests.pinStripes([stripe], secret, 0)));
    simulation.clock.skip(days(31));
    await simulation.run(2 * filePlan.renewEveryMs);
    expect((await fetch()).trouble).not.toBeNull();
    expect(await rowsOf(keeping)).toEqual([0, 0, 0]);
  });
});

describe("keepers", () => {
  it("take shards for a stamp over what they asked, once, from who it is for, and as much as it is for", async () => {
    const { simulation, keeping, annsTab, bobsTab } = await world(1);
    const [keeper] = keeping as [SimulatedNode];
    expect(await ask(simulation, annsTab, keeper, keep)).toMatchObject({ code: "stamp-missing" });
    const room = must(await ask(simulation, annsTab, keeper, { type: "room" }));
    const { challenge } = must(roomAnswers.decode(room));
    const bits = simulation.parameters.freeLane.stampBits + filePlan.moreStampBits;
    const stampOf = (name: string): Uint8Array =>
      searchStamp(allowanceId(challenge, name), bits, 0, 1 << 24) as Uint8Array;
    const allow = { type: "allow", stamp: stampOf(annsTab.name) } as const;
    expect(await ask(simulation, bobsTab, keeper, allow)).toMatchObject({ code: "stamp-too-weak" });
    expect(await ask(simulation, annsTab, keeper, { type: "allow", stamp: stampOf(bobsTab.name) })).toMatchObject({
      ok: false,
    });
    // Whoever else of this node asks how much room there is does not spoil the stamp.
    must(await ask(simulation, annsTab, keeper, { type: "room" }));
    expect((await ask(simulation, annsTab, keeper, allow)).ok).toBe(true);
    expect(await ask(simulation, annsTab, keeper, allow)).toMatchObject({ code: "stamp-too-weak" });
    const other = { ...keep, places: [1] };
    expect(await ask(simulation, annsTab, keeper, other)).toMatchObject({ code: "bad-response" });
    expect((await ask(simulation, annsTab, keeper, keep)).ok).toBe(true);
    // A small shard counts as a larger one, so that many of them cost something.
    const most = fileLimits.bytesPerStamp / fileLimits.leastChargeBytes;
    for (let left = 1; left < most; left++) must(await ask(simulation, annsTab, keeper, keep));
    expect(await ask(simulation, annsTab, keeper, keep)).toMatchObject({ code: "stamp-missing" });
    const has = must(await ask(simulation, bobsTab, keeper, { type: "have", digests: stripe.shards }));
    expect([...must(haveAnswers.decode(has)).here]).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("are who offers room; who withdraws the offer lets go what it has, and keeps to that after a restart", async () => {
    const { simulation, annsTab, bobsTab, place, fetch } = await world(0);
    const offer = (bytes: number | null) => answered(simulation, bobsTab.node.requests.offerStorage(bytes));
    expect(await offer(1)).toMatchObject({ code: "out-of-range" });
    expect(must(await offer(filePlan.leastOfferBytes))).toEqual({
      offeredBytes: filePlan.leastOfferBytes,
      keptBytes: 0,
    });
    // The question who keeps is not asked again at once.
    await simulation.run(filePlan.askAgainMs);
    expect(await place()).toMatchObject({ missing: 0, keepers: [bobsTab.name] });
    expect(must(await bobsTab.node.requests.storageOffer())).toEqual({
      offeredBytes: filePlan.leastOfferBytes,
      keptBytes: 8_000,
    });
    await simulation.restart(bobsTab);
    await annsTab.network.stop();
    expect(isWhole((await fetch()).shards)).toBe(true);
    expect(must(await offer(null))).toEqual({ offeredBytes: null, keptBytes: 0 });
    await simulation.restart(bobsTab);
    expect((await fetch()).trouble).toMatchObject({ ok: false });
    expect(await ask(simulation, annsTab, bobsTab, { type: "room" })).toMatchObject({ ok: false });
  });
});
