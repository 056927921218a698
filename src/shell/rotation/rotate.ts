/**
 * `id rotate`: keys replaced by new ones. Each step can be the last one before a crash or a change of mind: typed again, it
 * goes on from what vault and chain say.
 * @module
 */
import { didOf, publicKeyOfDid } from "#identity/did.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { BegunRotation, SuccessionView } from "#sdk/identity.ts";
import { type SpaceName, type SpaceView, spaceNames } from "#sdk/spaces.ts";
import { planRotation, rotationExpiry } from "#wallet/rotation-plans.ts";
import { cancelled, learnPhrase, replacedWords, tryPassphrase } from "../commands/backup.ts";
import { type CommandContext, exitCodes } from "../commands/command.ts";
import { carryOut, consent, planContext, printOutcome, signerOf } from "../commands/spending.ts";
import { table } from "../format.ts";
import { type OwnSpace, ownSpaces } from "./own-spaces.ts";

/** An identity whose keys are to be replaced. */
interface Own {
  readonly keyHash: Uint8Array;
  readonly publicKey: Uint8Array;
}

const question = "Passphrase: ";

const noSignature = new Uint8Array(64);

/** `id rotate`. */
export async function rotate(context: CommandContext, flags: ReadonlySet<string>): Promise<number> {
  const { client } = context;
  const vault = await client.vaultStatus();
  if (!vault.ok) return context.refuse(vault);
  const { space, keyHash, publicKey, unlocked } = vault.value;
  if (keyHash === null || publicKey === null) {
    return context.refuse(rejected("vault-missing", "There are no keys here to be replaced. `id new` makes some."));
  }
  // Which key is the first space's is not said while another one is chosen and the vault is locked.
  const isEarly = space !== spaceNames[0] && !unlocked;
  const early = isEarly ? await tryPassphrase(context, question, (typed) => client.unlockVault(typed)) : null;
  if (early?.ok === false) return early.code;
  const own = space === spaceNames[0] ? accepted({ keyHash, publicKey }) : await firstOf(client);
  if (!own.ok) return context.refuse(own);
  const standing = await client.succession(own.value.keyHash);
  const waiting = standing.ok ? await client.waitingSuccessor() : standing;
  if (!standing.ok) return context.refuse(standing);
  if (!waiting.ok) return context.refuse(waiting);
  const { successor } = standing.value;
  const next = waiting.value?.publicKey ?? null;
  if (flags.has("dry-run")) return tellPlan(context, own.value, successor, flags.has("json"));
  if (successor !== null && (next === null || !equalBytes(successor, next))) {
    return follow(context, successor, flags);
  }
  if (!flags.has("json")) {
    if (successor === null) tellWhat(context);
    else context.print("The chain has new keys of yours already; this goes on from there.");
  }
  const begin = async (typed: string): Promise<Result<Result<BegunRotation>>> => {
    const open = unlocked || early !== null ? accepted(null) : await client.unlockVault(typed);
    if (!open.ok) return open;
    // What the chain has was proved, so what waits is shown and nothing is made in its place.
    const answer = await client.beginRotation(typed, null);
    // Who has keys in the chain already may go on by their words; everybody else is asked again.
    return answer.ok || answer.code !== "wrong-passphrase" || successor !== null ? accepted(answer) : answer;
  };
  const tried =
    early === null
      ? await tryPassphrase(context, question, begin)
      : { ...early, value: await client.beginRotation(early.passphrase, null) };
  if (!tried.ok) return tried.code;
  const { passphrase, value: begun } = tried;
  if (!begun.ok && begun.code === "wrong-passphrase" && successor !== null) {
    context.refuse(begun);
    return follow(context, successor, flags);
  }
  if (!begun.ok) return context.refuse(begun);
  if (!begun.value.isProved && !(await learn(context, begun.value.phrase, passphrase))) return exitCodes.stopped;
  return replaceAll(context, { successors: begun.value.successors, passphrase }, flags);
}

/** The first space of an open vault. */
async function firstOf(client: Client): Promise<Result<Own>> {
  const spaces = await client.spaces();
  if (!spaces.ok) return spaces;
  const { did, keyHash } = spaces.value[0] as SpaceView;
  const publicKey = publicKeyOfDid(did);
  return publicKey.ok ? accepted({ keyHash, publicKey: publicKey.value }) : publicKey;
}

function tellWhat(context: CommandContext): void {
  context.print("This replaces your keys by new ones, for when a device or your recovery words may be in other hands.");
  context.print("  new      twelve words, to be written down; the old ones will open nothing on the chain");
  context.print(
    "  stays    your coins in all spaces, names, credentials, and all that is paid to old addresses of theirs: the new keys open it",
  );
  context.print(
    "  spaces   one transaction each; one in which nothing is gets a new address only (--all-spaces: it, too)",
  );
  context.print("  anew     passkeys, backup files, shares of `recovery`");
}

function tellPlan(context: CommandContext, { publicKey }: Own, successor: Uint8Array | null, json: boolean): number {
  const did = didOf(publicKey);
  if (json) context.json({ replaces: did, successor: successor === null ? null : didOf(successor) });
  else if (successor !== null) context.print(replacedWords(successor));
  else {
    tellWhat(context);
    context.print(
      `  visible  to everybody: that new keys took over from ${did}, and from those of each other space in use;`,
    );
    context.print("           whoever sees them do so at one time may guess that they are one person's");
    context.print("Dry run: nothing was made or signed.", "dim");
  }
  return 0;
}

/** New keys of all spaces, and what opens them here. */
interface Next {
  /** In the order of the spaces. */
  readonly successors: readonly Uint8Array[];
  readonly passphrase: string;
}

/**
 * Tells the chain of each space in use whose keys still stand, waits until none of it can be undone, and makes the new keys
 * the vault's.
 */
async function replaceAll(context: CommandContext, next: Next, flags: ReadonlySet<string>): Promise<number> {
  const inWords = !flags.has("json");
  for (let round = 0; ; round++) {
    const spaces = await ownSpaces(context.client, next.successors, flags.has("all-spaces"));
    if (!spaces.ok) return context.refuse(spaces);
    const used = spaces.value.filter(({ isUsed }) => isUsed);
    const untold = used.filter(({ successor }) => successor === null);
    if (inWords && untold.length > 0 && used.length > 1) tellSpaces(context, spaces.value);
    for (const space of untold) {
      const code = await tellChain(context, space, next.passphrase, flags);
      if (code !== 0) return code;
    }
    if (inWords && (round === 0 || untold.length > 0)) {
      context.print("In the chain. Waiting until nothing can undo it (Ctrl-C stops waiting only) …", "dim");
    }
    const views: SuccessionView[] = [];
    for (const space of used) {
      const view = await untilFinal(context, space);
      if (view === null) {
        context.print("It goes on by itself. Once it is final, `id rotate` makes the new keys this device's.", "dim");
        return exitCodes.stopped;
      }
      views.push(view);
    }
    // Something may have come to another space meanwhile: only a round that has told nothing is the last.
    if (untold.length === 0) {
      const replaced = used.map((space, at) => ({ ...space, sinceHeight: views[at]?.sinceHeight ?? null }));
      return finish(context, replaced, next.passphrase, inWords);
    }
  }
}

function tellSpaces(context: CommandContext, spaces: readonly OwnSpace[]): void {
  context.print("Your spaces, each with the key that takes over:", "strong");
  const rows = spaces.map(({ space, did, next, successor, isUsed }) => {
    const how = successor === null ? "by" : "was replaced by";
    return [
      `  ${space}`,
      isUsed ? `${did} ${how} ${didOf(next)}` : `${did}: nothing is there; it will be ${didOf(next)}`,
    ];
  });
  for (const line of table(rows)) context.print(line);
}

/** A transaction by which a space's new key takes over; 0 once it is in a block. */
async function tellChain(
  context: CommandContext,
  { space, keyHash, publicKey, next }: OwnSpace,
  passphrase: string,
  flags: ReadonlySet<string>,
): Promise<number> {
  const { client } = context;
  const planning = await planContext(context, keyHash);
  if (!planning.ok) return context.refuse(planning);
  const coins = await client.coins(keyHash);
  if (!coins.ok) return context.refuse(coins);
  const pair = { previous: publicKey, next };
  const draft = { ...pair, previousSignature: noSignature, nextSignature: noSignature };
  const shown = planRotation(draft, coins.value.coins, planning.value);
  if (!shown.ok) return context.refuse(shown);
  const named = space === spaceNames[0] ? "" : `in your space ${space} `;
  const covers = `${named}replacing ${didOf(pair.previous)} by ${didOf(pair.next)}, for good`;
  if ((await consent(context, shown.value, flags, covers)) !== "agreed") {
    context.print("The new keys wait here; your keys are what they were. `id rotate` goes on.", "dim");
    return exitCodes.stopped;
  }
  const expiry = rotationExpiry(planning.value);
  const signed = await client.signRotation(passphrase, planning.value.networkId, expiry, space);
  if (!signed.ok) return context.refuse(signed);
  if (!equalBytes(signed.value.next, pair.next)) {
    const message = "Another tab has made other new keys meanwhile. Nothing was sent; `id rotate` begins again.";
    return context.refuse(rejected("vault-exists", message));
  }
  const plan = planRotation(signed.value, coins.value.coins, planning.value);
  if (!plan.ok) return context.refuse(plan);
  const signer = signerOf(context, publicKey, planning.value.stampBits);
  // Its own coins pay for it: those of another space would tell the chain that both are one person's.
  const done = await inSpace(client, space, () => carryOut(context, plan.value, signer, !flags.has("json")));
  if (!done.ok) return context.refuse(done);
  const { id, standing } = done.value;
  if (standing?.state === "included") return 0;
  const code = printOutcome(context, id, standing);
  context.print("The new keys wait here; `id rotate` goes on from where this stands.", "dim");
  return code === 0 ? exitCodes.stopped : code;
}

/** Does something in a space and goes back to the one that was chosen. */
async function inSpace<T>(client: Client, space: SpaceName, action: () => Promise<Result<T>>): Promise<Result<T>> {
  const before = await client.vaultStatus();
  if (!before.ok) return before;
  if (before.value.space === space) return action();
  const chosen = await client.chooseSpace(space);
  if (!chosen.ok) return chosen;
  try {
    return await action();
  } finally {
    await client.chooseSpace(before.value.space);
  }
}

/** Lets the new words be written down, and proves that they were. */
function learn(context: CommandContext, phrase: string, passphrase: string): Promise<boolean | null> {
  const why = "Write these new words down, in order, on paper. Nothing is replaced before you have typed some back.";
  return learnPhrase(context, phrase, why, {
    prove: (answers) => context.client.proveSuccessorWords(passphrase, answers),
    later: "Not replaced: your keys are what they were. `id rotate` begins again, with other words.",
  });
}

/** Waits until the chain has a successor and can not take it back; null when the user stops waiting. */
function untilFinal(
  { client, interrupted }: CommandContext,
  { keyHash }: Pick<Own, "keyHash">,
): Promise<SuccessionView | null> {
  return new Promise((resolve) => {
    const end = (view: SuccessionView | null): void => {
      unsubscribe();
      resolve(view);
    };
    const look = (): void => {
      void client.succession(keyHash).then((answer) => {
        // A reorganisation may have taken it out again: then it waits in the pool, and so do we.
        if (answer.ok && answer.value.successor !== null && answer.value.final) end(answer.value);
      });
    };
    const unsubscribe = client.subscribe((event) => {
      if (event.type === "head" || event.type === "finality") look();
    });
    void interrupted.then(() => end(null));
    // It may have become final before we listened.
    look();
  });
}

/** Makes the new keys the vault's, once none of what the chain was told can be undone. */
async function finish(
  context: CommandContext,
  replaced: readonly (OwnSpace & { readonly sinceHeight: number | null })[],
  passphrase: string,
  inWords: boolean,
): Promise<number> {
  const taken = await context.client.finishRotation(passphrase);
  const vault = taken.ok ? await context.client.vaultStatus() : taken;
  if (!vault.ok) return context.refuse(vault);
  const { did, keyHash } = vault.value;
  if (keyHash !== null) await context.client.setRewardKey(keyHash);
  if (!inWords) {
    const spaces = replaced.map(({ space, did: previous, next }) => ({ space, previous, did: didOf(next) }));
    context.json({ did, previous: replaced[0]?.did, sinceHeight: replaced[0]?.sinceHeight ?? null, spaces });
    return 0;
  }
  context.print(`Replaced. Your address: ${did}`, "good");
  for (const { space, next } of replaced.slice(1)) context.print(`  in ${space}: ${didOf(next)}`);
  context.print(
    "What is paid to an old one is yours, too. `id backup` makes a file of the new keys; `id passkey add` lets a passkey open them.",
  );
  return 0;
}

/** Takes keys that took over on another device, from their words. */
async function follow(context: CommandContext, successor: Uint8Array, flags: ReadonlySet<string>): Promise<number> {
  context.print(replacedWords(successor), "warning");
  const phrase = await context.ask("The new recovery words: ", true);
  if (phrase === null || phrase.trim() === "") return cancelled(context);
  const { client } = context;
  const tried = await tryPassphrase(context, "Passphrase of this device: ", async (typed) => {
    const begun = await client.beginRotation(typed, { phrase, publicKey: successor });
    const unlocked = begun.ok ? await client.unlockVault(typed) : begun;
    return unlocked.ok ? begun : unlocked;
  });
  if (!tried.ok) return tried.code;
  return replaceAll(context, { successors: tried.value.successors, passphrase: tried.passphrase }, flags);
}
