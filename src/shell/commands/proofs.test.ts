import { describe, expect, it } from "vitest";
import { outputKey } from "#protocol/ledger/state.ts";
import { dev, nanoPerAeth } from "#protocol/parameters.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { Client, ProofJobView, ReceiptView } from "#sdk/contract.ts";
import { testKey, testNetworkId } from "#testing/ledger-fixtures.ts";
import { neverReplaced } from "#testing/shell-on-node.ts";
import { plainScreen } from "../plain-screen.ts";
import { Shell } from "../shell.ts";
import type { ShellEnvironment } from "./command.ts";

const key = testKey(3);
const id = "ab".repeat(32);
const source = "lw r1, 0(r0)\n li r2, 1\nloop: sub r1, r1, r2\n bne r1, r0, loop\n sw r1, 1(r0)\n halt";

const vault = accepted({
  exists: true,
  unlocked: true,
  did: "did:key:z",
  keyHash: key.keyHash,
  publicKey: key.publicKey,
  backup: "words",
  passkeys: [],
});

/** A shell whose client and page answer only what the test gives; the real ones are driven in e2e/proofs. */
function shellOn(client: Partial<Client>, environment: Partial<ShellEnvironment> = {}) {
  const printed: string[] = [];
  const status = { network: "dev", networkId: testNetworkId, height: 9, stampBits: 14, segmentPriceNano: 4_000_000n };
  const coin = { txId: new Uint8Array(32), index: 0, amountNano: nanoPerAeth, height: 1 };
  const all = {
    vaultStatus: () => Promise.resolve(vault),
    status: () => Promise.resolve(accepted(status)),
    succession: neverReplaced,
    spendingBudget: () => Promise.resolve(accepted({ limitNano: null, todayNano: 0n })),
    coins: () => Promise.resolve(accepted({ coins: [coin], pendingNano: 0n, beingSpent: [], height: 9 })),
    ...client,
  } as unknown as Client;
  const page = {
    nowMs: () => 0,
    randomBytes: (n: number) => new Uint8Array(n),
    exampleProgram: () => Promise.resolve(source),
    ...environment,
  } as unknown as ShellEnvironment;
  const shell = new Shell(
    all,
    page,
    plainScreen((text) => printed.push(text)),
  );
  return { shell, printed, text: () => printed.join("\n") };
}

describe("prove", () => {
  it("pays what a place in the queue costs now, and bounds price and fee together", async () => {
    const { shell, text } = shellOn({});
    expect(await shell.run("prove gcd 60 --dry-run")).toBe(0);
    expect(text()).toMatch(/lock +0\.008 AETH/);
    expect(dev.proofs.leastSegmentFeeNano).toBeLessThan(4_000_000n);
    expect(await shell.run("prove gcd 60 --dry-run --max-fee 0.008")).toBe(1);
    expect(text()).toMatch(/2 segments and the fee cost 0\.008\d+ AETH, more than the 0\.008 AETH you allow/);
    expect(await shell.run("prove gcd 60 --dry-run --max-fee 0.009")).toBe(0);
  });

  it.each([
    ["prove gcd -5", /-5 is not a whole number from 0/],
    ["prove gcd 1e3", /1e3 is not a whole number/],
    ["prove gcd 4294967296", /not a whole number from 0 to 4294967295/],
    ["prove gcd 0", /does not halt within 4096 steps/],
    [`prove gcd ${"1 ".repeat(17)}`, /is one word too many/],
    ["prove gcd 5 --max-fee lots", /amount/i],
  ])("refuses in words: %s", async (line, answer) => {
    const { shell, text } = shellOn({ coins: () => Promise.reject(new Error("asked for coins")) });
    expect(await shell.run(line)).toBe(1);
    expect(text()).toMatch(answer);
    expect(text()).not.toMatch(/undefined|NaN|\[object/);
  });

  it("says what is missing when there are no coins, and where the place went when the queue is full", async () => {
    const none = shellOn({
      coins: () => Promise.resolve(accepted({ coins: [], pendingNano: 0n, beingSpent: [], height: 9 })),
    });
    expect(await none.shell.run("prove gcd 60")).toBe(1);
    expect(none.text()).toMatch(/AETH/);
    const sent: Uint8Array[] = [];
    const full = shellOn({
      signTransaction: () => Promise.resolve(accepted(new Uint8Array(64))),
      sendTransaction: (bytes) => {
        sent.push(bytes);
        return Promise.resolve(rejected("queue-full", "64 jobs wait to be proved already; try again."));
      },
    });
    expect(await full.shell.run("prove gcd 60 --yes")).toBe(1);
    expect(full.printed.at(-1)).toMatch(/64 jobs wait/);
    expect(sent).toHaveLength(1);
  });

  it("reads of a chosen file no more than a program can have, and shows no control characters of it", async () => {
    let asked = 0;
    const openFile: ShellEnvironment["openFile"] = (_accept, mostBytes) => {
      asked = mostBytes;
      return Promise.resolve({ name: "film.mp4", bytes: new TextEncoder().encode("\x1b[2J\x07 r1") });
    };
    const { shell, text } = shellOn({}, { openFile });
    expect(await shell.run("prove -")).toBe(1);
    expect(asked).toBeLessThanOrEqual(1 << 20);
    expect(text()).toMatch(/Line 1: /);
    expect(text()).not.toMatch(/[\x1b\x07]/);
  });
});

const job: ProofJobView = {
  id: new Uint8Array(32).fill(0xab),
  standing: { state: "included", blockHash: new Uint8Array(32), height: 5, index: 0, confirmations: 3, final: false },
  program: [0],
  input: [],
  segments: 3,
  segmentFeeNano: 1_000_000n,
  proved: 3,
  proofs: [{ segment: 1, height: 6, blockHash: new Uint8Array(32) }],
  output: [],
};

describe("proof", () => {
  it("show tells proved segments whose blocks are not here from those that are to come", async () => {
    const whole = shellOn({ proofJob: () => Promise.resolve(accepted(job)) });
    expect(await whole.shell.run(`proof show ${id}`)).toBe(0);
    expect(whole.text()).toMatch(/proved +3 of 3 segments/);
    expect(whole.text()).toMatch(/2 proved in blocks that are not kept here/);
    expect(whole.text()).toMatch(/input +0/);
    expect(whole.text()).not.toMatch(/not proved yet/);
    for (const line of whole.printed) expect(line.length).toBeLessThan(130);
  });

  it.each<[string, Partial<ReceiptView>, RegExp]>([
    ["on this chain", { sameNetwork: true, onChain: true }, /Blocks of this chain carry them/],
    ["of another network", { sameNetwork: false, onChain: false }, /names another network/],
    ["on no chain", { sameNetwork: true, onChain: false }, /does not carry these proofs for this job/],
  ])("verify says what a receipt shows: %s", async (_name, facts, answer) => {
    const view = { jobId: job.id, program: [0], input: [1], output: [2], segments: 2, ...facts } as ReceiptView;
    const { shell, text } = shellOn(
      { verifyReceipt: () => Promise.resolve(accepted(view)) },
      { openFile: () => Promise.resolve({ name: "x.receipt", bytes: new Uint8Array(3) }) },
    );
    expect(await shell.run("proof verify -")).toBe(0);
    expect(text()).toMatch(answer);
  });

  it.each([
    ["proof export -", /is there already/],
    ["proof verify", /^JOB is missing/],
    ["proof shwo 12", /Usage: proof show\|verify\|export/],
    ["proof verify zz", /64 hexadecimal digits/],
  ])("refuses in words: %s", async (line, answer) => {
    const { shell, text } = shellOn({});
    expect(await shell.run(line)).toBe(1);
    expect(text()).toMatch(answer);
  });

  it("gives JSON whose numbers and bytes a program can read", async () => {
    const { shell, printed } = shellOn({ proofJob: () => Promise.resolve(accepted(job)) });
    expect(await shell.run(`proof show ${id} --json`)).toBe(0);
    expect(JSON.parse(printed.at(-1) ?? "")).toMatchObject({ id, segmentFeeNano: "1000000", proved: 3, input: [] });
  });
});

describe("proof state", () => {
  const hash = new Uint8Array(32).fill(5);
  const made = { height: 40, hash, value: null, checkpoint: { height: 36, hash }, bytes: new Uint8Array(700) };

  it("saves a proof of an output or a key, and says how to check it", async () => {
    const asked: unknown[] = [];
    const saved: string[] = [];
    const { shell, text } = shellOn(
      {
        stateDocument: async (key, checkpoint) => {
          asked.push([key, checkpoint]);
          return accepted(made);
        },
      },
      { saveFile: (name) => saved.push(name) },
    );
    expect(await shell.run(`proof state ${id}:1`)).toBe(0);
    expect(await shell.run(`proof state ${id} 36:${"05".repeat(32)}`)).toBe(0);
    const txId = new Uint8Array(32).fill(0xab);
    expect(asked).toEqual([
      [outputKey({ txId, index: 1 }), null],
      [txId, { height: 36, hash }],
    ]);
    expect(saved[1]).toBe("aether-abababababab-40.state");
    expect(text()).toContain("Saved as aether-abababababab-40.state, 700 bytes: after block 40 nothing is there.");
    expect(text()).toContain(`npm run verify-state -- aether-abababababab-40.state --checkpoint 36:${"05".repeat(32)}`);
  });

  it.each([
    ["proof state 12", /an output as TX:INDEX/],
    [`proof state ${id} 36`, /"36" is no checkpoint/],
    [`proof show ${id} 36:${id}`, /Only `proof state` takes a checkpoint/],
  ])("answers bad input clearly: %s", async (line, answer) => {
    const { shell, text } = shellOn({});
    expect(await shell.run(line)).not.toBe(0);
    expect(text()).toMatch(answer);
  });
});
