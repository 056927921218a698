/**
 * A payment whose browser is killed at each step between consent and receipt: it is made once or not at all, what the app
 * says afterwards is what the receiver has, and no coin is lost on the way.
 */
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Client } from "../src/sdk/contract.ts";
import { endAll, openProfile, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, reopened, unlock, until } from "./steps.ts";

let seed: Seed;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
});
afterAll(endAll);

/** Where the world stops: before a request reaches its worker, or after it was done and before anybody hears of it. */
interface Step {
  /** By the name in the contract, so that a step that is renamed there is not waited for in vain. */
  readonly request: keyof Pick<Client, "signTransaction" | "sendTransaction">;
  readonly side: "asked" | "answered";
}

/** Whether the payment can have left the device by then. */
const steps: readonly (Step & { readonly mayBeMade: boolean })[] = [
  { request: "signTransaction", side: "asked", mayBeMade: false },
  { request: "signTransaction", side: "answered", mayBeMade: false },
  { request: "sendTransaction", side: "asked", mayBeMade: false },
  { request: "sendTransaction", side: "answered", mayBeMade: true },
];

/** From then on every page holds the step's message back, and says so. */
async function stopAt(context: BrowserContext, step: Step): Promise<void> {
  await context.addInitScript(({ request, side }: Step) => {
    const page = window as unknown as { isStopped?: boolean };
    const PlainWorker = window.Worker;
    /** Ids of the calls whose answers are held. */
    class StoppedWorker extends PlainWorker {
      private readonly held = new Set<unknown>();

      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        this.addEventListener("message", (event) => {
          const { kind, id } = (event.data ?? {}) as { kind?: string; id?: unknown };
          if (kind !== "answer" || !this.held.has(id)) return;
          event.stopImmediatePropagation();
          page.isStopped = true;
        });
      }

      override postMessage(message: unknown, rest?: unknown): void {
        const { kind, id, method } = (message ?? {}) as { kind?: string; id?: unknown; method?: string };
        if (kind === "call" && method === request) {
          if (side === "asked") {
            page.isStopped = true;
            return;
          }
          this.held.add(id);
        }
        super.postMessage(message, rest as Transferable[]);
      }
    }
    window.Worker = StoppedWorker;
  }, step);
}

interface Balance {
  readonly availableNano: string;
  readonly pendingNano: string;
}

const aeth = 1_000_000_000n;

/** What somebody has, confirmed, once nothing is on its way. */
async function settledBalance(tab: Tab): Promise<bigint> {
  const { availableNano } = await until<Balance>(tab, "balance", ({ pendingNano }) => BigInt(pendingNano) === 0n);
  return BigInt(availableNano);
}

it("pays once or not at all, wherever between consent and receipt the browser is killed", async () => {
  const receiver = await (await openProfile()).open(seed.url);
  const { did } = await makeIdentity(receiver);
  let profile = await openProfile();
  let tab = await profile.open(seed.url);
  await makeIdentity(tab);
  await tab.command("faucet 5", /Paid\. You have 5 AETH/);
  let received = 0n;
  for (const { mayBeMade, ...step } of steps) {
    await stopAt(profile.context, step);
    await tab.page.reload();
    await unlock(tab);
    const before = await settledBalance(tab);
    await tab.type(`pay ${did} 1 --yes`);
    await tab.page.waitForFunction(() => (window as unknown as { isStopped?: boolean }).isStopped === true);
    ({ profile, tab } = await reopened(profile, seed.url));
    await unlock(tab);
    const after = await settledBalance(tab);
    const arrived = (await settledBalance(receiver)) - received;
    const isMade = arrived === aeth;
    expect([0n, aeth]).toContain(arrived);
    if (!mayBeMade) expect(isMade).toBe(false);
    received += arrived;
    // What the payer has lost is what the receiver has got, and the fee.
    const spent = before - after;
    if (isMade) expect(spent > aeth && spent < aeth + aeth / 10n).toBe(true);
    else expect(spent).toBe(0n);
  }
  // Nothing is stuck, and nothing came later: all that is left can be paid, and that is all the receiver gets.
  const left = await settledBalance(tab);
  await tab.command(`pay ${did} ${left / aeth - 1n} --yes`, /in block|Confirmed/i);
  expect(await settledBalance(receiver)).toBe(received + (left / aeth - 1n) * aeth);
});
