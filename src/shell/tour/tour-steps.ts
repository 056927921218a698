/**
 * The steps of the tour: what to try, and by what it is seen that it has happened. What counts is how things stand (keys,
 * coins, files, windows) or that a command has done its work, never what was typed.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { Client } from "#sdk/contract.ts";
import { sumNano } from "#wallet/amount.ts";
import { isAddressShown } from "../commands/backup.ts";
import type { ShellEnvironment } from "../commands/command.ts";
import { contactsOf, marked } from "../contacts.ts";
import { mostMarks } from "./tour-progress.ts";

/** A command that has ended. */
export interface Ended {
  readonly name: string;
  readonly code: number;
}

/** What a step is judged by. */
export interface TourWorld {
  readonly client: Client;
  readonly environment: ShellEnvironment;
  /** Commands that have ended since it was last looked. */
  readonly ended: readonly Ended[];
  /** What {@link TourStep.mark} gave when the step was begun. */
  readonly mark: readonly string[];
}

/** A step. */
export interface TourStep {
  readonly name: string;
  readonly title: string;
  /** What it is about, and what to type: lines of their own, each a command. */
  say(world: TourWorld): Promise<{ readonly about: string; readonly lines: readonly string[] }>;
  /** What must have changed for the step to be done; nothing by itself. */
  mark?(world: TourWorld): Promise<readonly string[]>;
  isDone(world: TourWorld): Promise<boolean>;
}

const say = (about: string, ...lines: readonly string[]) => Promise.resolve({ about, lines });

const didWork = ({ ended }: TourWorld, names: readonly string[]): boolean =>
  ended.some(({ name, code }) => code === 0 && names.includes(name));

/** Coins of the user, as their outputs' names. */
async function coinsOf({ client }: TourWorld) {
  const vault = await client.vaultStatus();
  if (!vault.ok || vault.value.keyHash === null) return [];
  const coins = await client.coins(vault.value.keyHash);
  return coins.ok ? coins.value.coins : [];
}

const outPoint = ({ txId, index }: { readonly txId: Uint8Array; readonly index: number }): string =>
  `${toHex(txId)}:${index}`;

const look: TourStep = {
  name: "help",
  title: "what there is",
  say: () =>
    say(
      "Everything here is done by commands; buttons type them for you. Nothing is bought, sent or signed without a question.",
      "help",
    ),
  isDone: (world) => Promise.resolve(didWork(world, ["help", "man"])),
};

const network: TourStep = {
  name: "peers",
  title: "who is there",
  say: () =>
    say(
      "This tab is a node: it talks to others and checks every block itself. See who they are, and how far the chain is.",
      "peers",
      "status",
    ),
  isDone: (world) => Promise.resolve(didWork(world, ["peers", "status"])),
};

const keys: TourStep = {
  name: "keys",
  title: "your keys",
  say: () =>
    say(
      "What is yours hangs on keys that never leave this device. They are made under a passphrase of your choice; twelve words on paper bring them back anywhere.",
      "id new",
    ),
  isDone: async ({ client }) => {
    const vault = await client.vaultStatus();
    return vault.ok && vault.value.exists;
  },
};

const drill: TourStep = {
  name: "drill",
  title: "a backup that works",
  say: () =>
    say(
      "Your address is shown once you have proved that your keys would survive this browser: three of the words, or a backup file.",
      "id drill",
    ),
  isDone: async ({ client }) => {
    const vault = await client.vaultStatus();
    return vault.ok && vault.value.exists && isAddressShown(vault.value);
  },
};

const coins: TourStep = {
  name: "coins",
  title: "coins to try with",
  say: () =>
    say("On the network dev coins are worth nothing, and the seed gives some away. It takes a block or two.", "faucet"),
  isDone: async (world) => sumNano(await coinsOf(world)) > 0n,
};

const contact: TourStep = {
  name: "contact",
  title: "a name for an address",
  say: () =>
    say(
      "Addresses are long, so give them names; they are encrypted with your keys. Begin with your own: type `contact add me did:`, and Tab completes the address.",
      "contact add me did:key:…",
    ),
  isDone: async ({ client }) => (await contactsOf(client)).length > 0,
};

const pay: TourStep = {
  name: "pay",
  title: "a payment",
  say: async ({ client }) => {
    const [first] = await contactsOf(client);
    return say(
      "A command that changes something is a transaction. You see whom it pays, what it uses up and what it costs, and sign with y; then it waits for its block. This one goes to yourself.",
      `pay ${marked(first?.name ?? "me")} 1`,
    );
  },
  mark: async (world) => (await coinsOf(world)).map(outPoint),
  // A coin that was there is spent: that happens by transactions alone.
  isDone: async (world) => {
    if (world.mark.length === 0) return didWork(world, ["pay"]);
    const left = new Set((await coinsOf(world)).map(outPoint));
    return world.mark.some((coin) => !left.has(coin));
  },
};

const explorer: TourStep = {
  name: "explorer",
  title: "a window",
  say: () =>
    say(
      "Windows show what commands say, and which. The explorer has every block, yours among them; its button below does the same.",
      "open explorer",
    ),
  isDone: ({ environment }) => Promise.resolve(environment.openedPlace()?.window === "explorer"),
};

const files: TourStep = {
  name: "files",
  title: "a file",
  say: () =>
    say(
      "Files are kept in this browser. What a command writes goes into one with >, to the next command with |.",
      "echo hello world > hello.txt",
      "cat hello.txt | wc",
    ),
  mark: ({ environment }) => Promise.resolve([String(environment.nowMs())]),
  isDone: async ({ environment, mark: [beganMs = "0"] }) => {
    const listed = await environment.files.list();
    return listed.ok && listed.value.some(({ changedMs }) => changedMs >= Number(beganMs));
  },
};

const programs: TourStep = {
  name: "programs",
  title: "a program",
  say: () =>
    say(
      "Programs of anybody run in a sandbox: no network, no files but those you name, exact limits of work and memory.",
      "primes 1 100 | grep 7",
    ),
  isDone: async (world) => {
    const known = await world.environment.programs.list();
    return didWork(world, ["run", ...(known.ok ? known.value.map(({ name }) => name) : [])]);
  },
};

const install: TourStep = {
  name: "install",
  title: "an app of your device",
  say: () =>
    say(
      "Installed, it has a window of its own, starts without a network, and the browser keeps its data. This tells how it is done here.",
      "install",
    ),
  isDone: (world) =>
    Promise.resolve(world.environment.app.state().installed || world.ended.some(({ name }) => name === "install")),
};

/** All of them, in their order. */
export const tourSteps: readonly TourStep[] = [
  look,
  network,
  keys,
  drill,
  coins,
  contact,
  pay,
  explorer,
  files,
  programs,
  install,
];

/** What a step is to remember when it begins. */
export async function markOf(step: TourStep, world: TourWorld): Promise<readonly string[]> {
  return (await step.mark?.(world))?.slice(0, mostMarks) ?? [];
}
