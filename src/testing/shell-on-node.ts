/**
 * A shell on a simulated node: lines are typed as one key's owner whose vault is open, and virtual time passes until they
 * are done.
 * @module
 */
import { tokenDigest } from "#identity/credentials/jws.ts";
import { didOf } from "#identity/did.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { signDigest } from "#protocol/crypto/signature.ts";
import { signedAwayNano } from "#protocol/ledger/signed-away.ts";
import { searchStamp } from "#protocol/ledger/stamp.ts";
import { transactionId } from "#protocol/ledger/transaction.ts";
import { accepted } from "#protocol/result.ts";
import type { Client, ContactView, VaultStatus } from "#sdk/contract.ts";
import type { SpaceView } from "#sdk/spaces.ts";
import { createProgramBudgets } from "../platform/browser/program-budgets.ts";
import { createProgramGrants } from "../platform/browser/program-grants.ts";
import { readBody, SpendingBudget } from "../platform/browser/spending-budget.ts";
import type { ShellEnvironment } from "../shell/commands/command.ts";
import { plainScreen } from "../shell/plain-screen.ts";
import { Shell } from "../shell/shell.ts";
import type { TestKey } from "./ledger-fixtures.ts";
import { memoryHeldFiles, memoryVaultStore } from "./memory-vault.ts";
import type { SimulatedNode, Simulation } from "./simulator.ts";

/** What a line came to. */
export interface TypedLine {
  readonly code: number;
  readonly text: string;
}

/** What a chain says on which no key was ever replaced. */
export const neverReplaced: Client["succession"] = () =>
  Promise.resolve(accepted({ successor: null, replacedHeight: null, earlier: [], sinceHeight: null, final: false }));

/** The node as a client whose vault is open on a key. */
export function clientOf({ node }: SimulatedNode, { keyHash, publicKey, secret }: TestKey): Client {
  const vault: VaultStatus = {
    exists: true,
    unlocked: true,
    space: "personal",
    did: didOf(publicKey),
    keyHash,
    publicKey,
    backup: "words",
    passkeys: [],
  };
  const budget = new SpendingBudget(memoryVaultStore(), () => node.ports.clock.nowMs());
  return {
    ...node.requests,
    ...memoryHeldFiles(1),
    subscribe: (listener) => node.subscribe(listener),
    vaultStatus: () => Promise.resolve(accepted(vault)),
    spaces: () =>
      Promise.resolve(
        accepted<readonly SpaceView[]>([{ space: "personal", did: didOf(publicKey), keyHash, chosen: true }]),
      ),
    contacts: () => Promise.resolve(accepted<readonly ContactView[]>([])),
    signTransaction: async (bytes, inputsNano) => {
      const body = readBody(bytes);
      if (!body.ok) return body;
      const id = transactionId(body.value);
      const taken = await budget.take(id, signedAwayNano(body.value, inputsNano, keyHash));
      return taken.ok ? accepted(signDigest(id, secret)) : taken;
    },
    spendingBudget: () => budget.view(),
    setSpendingBudget: (limitNano, passphrase) => budget.set(limitNano, passphrase !== null),
    signCredentialToken: (token) => {
      const digest = tokenDigest(token, publicKey);
      return Promise.resolve(digest.ok ? accepted(signDigest(digest.value, secret)) : digest);
    },
    makeStamp: (id, bits) => Promise.resolve(accepted(searchStamp(id, bits, 0, 1 << 24) as Uint8Array)),
  } as Client;
}

/** What the page tells shells of tests: a clock that stands still, and random bytes that never repeat. */
export function testEnvironment(): ShellEnvironment {
  let entropy = 0;
  return {
    nowMs: () => 0,
    keysSeen: { load: () => null, save: () => undefined },
    programBudgets: createProgramBudgets(memoryVaultStore(), () => 0),
    programGrants: createProgramGrants(memoryVaultStore()),
    randomBytes: (length: number) => sha256(Uint8Array.of(entropy++ & 255, entropy >> 8)).subarray(0, length),
  } as unknown as ShellEnvironment;
}

/** Types a line; `answer` is what is said to every question, null: nothing. */
export async function typeLine(
  simulation: Simulation,
  client: Client,
  environment: ShellEnvironment,
  line: string,
  answer: string | null = "y",
): Promise<TypedLine> {
  const printed: string[] = [];
  const screen = plainScreen((text) => printed.push(text), { ask: () => Promise.resolve(answer) });
  const shell = new Shell(client, environment, screen);
  let code: number | null = null;
  const typed = shell.run(line).then((ended) => {
    code = ended;
  });
  await simulation.run(3_600_000, () => code !== null);
  await typed;
  return { code: code ?? -1, text: printed.join("\n") };
}
