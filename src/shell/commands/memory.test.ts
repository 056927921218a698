/** The commands about memory, typed into a shell on a real node whose blocks come by a virtual clock. */
import { beforeAll, describe, expect, it } from "vitest";
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { outputKey } from "#protocol/ledger/state.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import { encodeProcessInput } from "#protocol/veil/process-input.ts";
import type { TestKey } from "#testing/ledger-fixtures.ts";
import { testKey } from "#testing/ledger-fixtures.ts";
import { goodReceipt, mebibyte } from "#testing/memory-fixtures.ts";
import { clientOf, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { must } from "#testing/step-fixtures.ts";
import { Job, Jobs } from "../jobs.ts";
import { plainScreen } from "../plain-screen.ts";
import { Shell } from "../shell.ts";
import type { CommandContext } from "./command.ts";
import { leaseNamed, startProcess, stopProcess } from "./process-records.ts";

let simulation: Simulation;
let miner: SimulatedNode;
const environment = testEnvironment();

/** Types a line as one key, lets time pass until it is done, and gives what it printed with its exit code. */
const type = (line: string, key: TestKey, answer: string | null = "y") =>
  typeLine(simulation, clientOf(miner, key), environment, line, answer);

/** What functions that are no command get. */
function contextOf(key: TestKey, printed: string[], answer = true): CommandContext {
  return {
    client: clientOf(miner, key),
    environment,
    job: new Job("run", 0),
    jobs: new Jobs(),
    print: (text: string) => printed.push(text),
    confirm: () => Promise.resolve(answer),
  } as unknown as CommandContext;
}

const newcomer = testKey(50);

beforeAll(async () => {
  simulation = new Simulation(31);
  miner = await simulation.add({ produce: true });
  const { chain } = miner.node.running;
  await simulation.run(3_600_000, () => chain.coins.coinsOf(miner.key.keyHash).length > 3);
});

describe("offer", () => {
  it("lends memory, lists it and takes it back", async () => {
    const dry = await type("offer memory 1.5 MiB --blocks 100 --dry-run", miner.key);
    expect(dry).toMatchObject({ code: 0, text: expect.stringMatching(/burn {5}0\.0001 AETH for a place among/) });
    expect((await type("offer list", miner.key)).text).toMatch(/Nobody offers memory/);
    expect((await type("offer memory 1.5 MiB --blocks 100", miner.key, "n")).code).toBe(130);
    const offered = await type("offer memory 1.5 MiB --blocks 100", miner.key);
    expect(offered).toMatchObject({ code: 0, text: expect.stringContaining("In block") });
    const listed = await type("offer list", miner.key);
    expect(listed.text).toMatch(
      /1\.5 MiB of 1\.5 MiB free {2}leases from 64\.0 KiB {2}0\.00001 AETH a MiB {2}until block \d+ {2}yours/,
    );
    expect((await type("offer withdraw", newcomer)).text).toMatch(/You offer no memory/);
    expect((await type("offer withdraw", miner.key)).code).toBe(0);
    expect((await type("offer list", miner.key)).text).toMatch(/Nobody offers memory/);
  });

  it.each([
    ["offer", /What it is to do is missing: memory, storage, list, withdraw/],
    ["offer nothing", /Usage: offer memory SIZE/],
    ["offer memory", /Usage: offer memory SIZE/],
    ["offer memory much", /much is no size/],
    ["offer memory 0", /the least is 64KiB/],
    ["offer memory 2000GiB", /at most 1\.0 TiB/],
    ["offer memory 1GiB --blocks 20000", /1 to 19999 blocks/],
    ["offer memory 1GiB --price -1", /cannot be negative/],
  ])("says what is wrong with %s", async (line, message) => {
    expect(await type(line, miner.key)).toMatchObject({ code: 1, text: expect.stringMatching(message) });
  });
});

describe("alloc, allocate and free", () => {
  beforeAll(async () => {
    expect((await type("offer memory 2GiB --price 0 --blocks 2000 --yes", miner.key)).code).toBe(0);
  });

  it("lease memory to a newcomer without coins, in options and in words", async () => {
    const leased = await type("alloc 64MiB --process demo", newcomer);
    expect(leased.text).toMatch(/create {3}a lease of 64\.0 MiB for demo until block \d+/);
    expect(leased.text).toMatch(/fee {6}none/);
    expect(leased).toMatchObject({ code: 0, text: expect.stringMatching(/64\.0 MiB leased for demo/) });
    expect((await type("alloc", newcomer)).text).toMatch(/64\.0 MiB for demo until block \d+: free to use/);
    expect(await type("alloc 1MiB --process demo", newcomer)).toMatchObject({
      code: 1,
      text: expect.stringMatching(/You have 64\.0 MiB for demo until block \d+ already/),
    });
    expect((await type("allocate 1GB memory for process P --yes", newcomer)).text).toMatch(/953\.7 MiB leased for P/);
    expect((await type('allocate "1 GB" memory for process "Q" --dry-run', newcomer)).text).toMatch(/953\.7 MiB for Q/);
    expect((await type("offer list", newcomer)).text).toMatch(
      /1\.0 GiB of 2\.0 GiB free {2}leases from 512\.0 KiB {2}free/,
    );
    expect((await type("free demo", newcomer)).code).toBe(0);
    expect((await type("free P --json", newcomer)).code).toBe(0);
    expect((await type("alloc", newcomer)).text).toMatch(/You have no memory leased/);
    expect((await type("offer list", newcomer)).text).toMatch(/2\.0 GiB of 2\.0 GiB free/);
  });

  it.each([
    ["alloc 64MiB", /Say what for/],
    ["alloc --process demo", /Say how much/],
    ["alloc much --process demo", /much is no size/],
    ["alloc 5GiB --process demo", /at most 4\.0 GiB/],
    ["alloc 3GiB --process demo", /No offer has 3221225472 bytes left/],
    ["alloc 1MiB --process 'a b'", /a b is no name/],
    ["allocate 1GB for P", /Write it as/],
    ["allocate memory for process P", /Write it as|is no size/],
    ["free nothing", /You have no memory for nothing/],
  ])("say what is wrong with %s", async (line, message) => {
    expect(await type(line, newcomer)).toMatchObject({ code: 1, text: expect.stringMatching(message) });
  });

  it("complete the names of leases", async () => {
    await type("alloc 1MiB --process mine --yes", newcomer);
    const shell = new Shell(
      clientOf(miner, newcomer),
      environment,
      plainScreen(() => undefined),
    );
    expect((await shell.completions("free m")).candidates).toEqual(["mine"]);
    await type("free mine --yes", newcomer);
  });
});

describe("a lease whose time is over", () => {
  it("is cleared away by the chain, whoever owned it and whoever lent it", async () => {
    const other = testKey(51);
    await type("offer withdraw --yes", miner.key);
    expect((await type("offer memory 1MiB --price 0 --blocks 12 --yes", miner.key)).code).toBe(0);
    expect((await type("alloc 1MiB --process short --yes", other)).code).toBe(0);
    expect((await type("alloc", other)).text).toMatch(/1\.0 MiB for short until block \d+: free to use/);
    const { chain } = miner.node.running;
    const [stored] = chain.coins.thingsOf(other.keyHash);
    const untilHeight = must(await miner.node.requests.leases(other.keyHash))[0]?.lease.untilHeight ?? 0;
    await simulation.run(36_000_000, () => chain.head.height === untilHeight);
    expect((await type("alloc", other)).text).toMatch(/its time is over; the next block clears it away/);
    expect((await type("free short", other)).text).toMatch(/The lease ended at height/);
    await simulation.run(36_000_000, () => chain.head.height > untilHeight);
    expect((await type("alloc", other)).text).toMatch(/You have no memory leased/);
    expect(chain.state.get(outputKey(stored?.outPoint as OutPoint))).toBeUndefined();
    expect((await type("offer memory 2GiB --price 0 --blocks 2000 --yes", miner.key)).code).toBe(0);
  });
});

describe("a run on the ledger", () => {
  const program = sha256(Uint8Array.of(1));
  const empty = { environment: [], files: [], timeMs: 0, seed: new Uint8Array(32) };
  const input = encodeProcessInput({ arguments: ["demo"], input: new Uint8Array(), ...empty });
  const order = { name: "job", programDigest: program, input, isPublic: true };

  it("is started with one consent, stopped without waiting for a block, and told by `receipts`", async () => {
    await type("alloc 1MiB --process job --yes", newcomer);
    const printed: string[] = [];
    const context = contextOf(newcomer, printed);
    expect(must(await leaseNamed(context, newcomer.keyHash, "job")).lease.bytes).toBe(mebibyte);
    const started = must(await startProcess(context, order, new Set()));
    expect(started.memoryPages).toBe(16);
    expect(printed.join("\n")).toMatch(/covers {3}what is said when it ends as well/);
    expect(printed.join("\n")).toMatch(/visible {2}to everybody: keys, the program's digest, the whole input/);
    expect(await startProcess(context, order, new Set())).toMatchObject({
      code: "not-found",
      message: expect.stringContaining(`held by the process ${toHex(started.id)}`),
    });
    expect((await type("free job", newcomer)).text).toMatch(/free job --stop/);
    const receipt = { ...goodReceipt, exit: { type: "exit", code: 3 } as const, memoryPages: 16 };
    const stopped = must(await stopProcess(contextOf(newcomer, [], false), started, receipt));
    // Both wait: the next run may start at once, within the lease that the stop gives back.
    const second = must(await startProcess(context, order, new Set(["yes"])));
    expect(must(await stopProcess(context, second, null))).toHaveLength(32);
    await simulation.run(3_600_000, () => miner.node.running.pool.pool.size === 0);
    const shown = await type(`receipts ${toHex(stopped)}`, newcomer);
    expect(shown.text).toMatch(/exit code 3/);
    expect(shown.text).toMatch(/1,000 of 1,000,000/);
    expect(shown.text).toMatch(/64\.0 KiB at its peak of 1\.0 MiB/);
    expect(shown.text).toMatch(/self-attested/);
    expect(shown.text).toMatch(new RegExp(`input +[0-9a-f]{64}, public, ${input.length} bytes`));
    const listed = await type("receipts", newcomer);
    expect(listed.text).toMatch(/job {2}no receipt\n[0-9a-f]{64} {2}job {2}exit code 3/);
    const id = fromHex(JSON.parse((await type(`receipts ${toHex(started.id)} --json`, newcomer)).text).end.id);
    expect(id).toEqual(stopped);
    expect((await type(`tx ${toHex(started.id)}`, newcomer)).text).toMatch(/Starts the program .* Its input is public/);
    expect((await type(`tx ${toHex(stopped)}`, newcomer)).text).toMatch(/Stops a process: exit code 3 \(self-attested/);
  });

  it("is not run without consent, in a dry run, or with an input too long to be public", async () => {
    const printed: string[] = [];
    const refused = await startProcess(contextOf(newcomer, printed, false), order, new Set());
    expect(refused).toMatchObject({ code: "cancelled" });
    expect(await startProcess(contextOf(newcomer, printed), order, new Set(["dry-run"]))).toMatchObject({
      code: "cancelled",
    });
    expect(printed).toContain("Dry run: nothing was signed.");
    const long = encodeProcessInput({ arguments: [], input: new Uint8Array(9_000), ...empty });
    expect(await startProcess(contextOf(newcomer, []), { ...order, input: long }, new Set())).toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("at most 8192 can be public"),
    });
    expect(await startProcess(contextOf(newcomer, []), { ...order, name: "none" }, new Set())).toMatchObject({
      code: "not-found",
      message: expect.stringContaining("alloc 64MiB --process none"),
    });
  });

  it("that a closed tab never stopped is stopped by `free --stop`, which frees its lease", async () => {
    await type("alloc 1MiB --process lost --yes", newcomer);
    must(await startProcess(contextOf(newcomer, []), { ...order, name: "lost" }, new Set(["yes"])));
    await simulation.run(3_600_000, () => miner.node.running.pool.pool.size === 0);
    expect((await type("alloc", newcomer)).text).toMatch(/1\.0 MiB for lost until block \d+: held by the process/);
    expect((await type("free lost --stop --dry-run", newcomer)).text).toMatch(/Nothing was signed/);
    expect((await type("free lost --stop", newcomer, "n")).code).toBe(130);
    expect(await type("free lost --stop", newcomer)).toMatchObject({ code: 0 });
    // Only the lease of the runs above is still out.
    const [offer] = JSON.parse((await type("offer list --json", newcomer)).text);
    expect(offer.bytes - offer.freeBytes).toBe(mebibyte);
    expect((await type("alloc", newcomer)).text).not.toMatch(/lost/);
  });
});
