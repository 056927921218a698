/**
 * `id rotate`: keys replaced by new ones. Each step can be the last one before a crash or a change of mind: typed again, it
 * goes on from what vault and chain say.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { VaultStatus } from "#sdk/contract.ts";
import type { SuccessionView } from "#sdk/identity.ts";
import { spaceNames } from "#sdk/spaces.ts";
import { planRotation, rotationExpiry } from "#wallet/rotation-plans.ts";
import { cancelled, learnPhrase, replacedWords } from "../commands/backup.ts";
import { type CommandContext, exitCodes } from "../commands/command.ts";
import { carryOut, consent, planContext, printOutcome, signerOf } from "../commands/spending.ts";

/** An identity whose keys are to be replaced. */
interface Own {
  readonly keyHash: Uint8Array;
  readonly publicKey: Uint8Array;
}

const noSignature = new Uint8Array(64);

/** `id rotate`. */
export async function rotate(context: CommandContext, flags: ReadonlySet<string>): Promise<number> {
  const { client } = context;
  const vault = await client.vaultStatus();
  if (!vault.ok) return context.refuse(vault);
  const own = ownOf(vault.value);
  if (own === null) {
    return context.refuse(rejected("vault-missing", "There are no keys here to be replaced. `id new` makes some."));
  }
  if (vault.value.space !== spaceNames[0]) {
    const message = "Keys are replaced for the whole vault, from its first space: `space personal`, then `id rotate`.";
    return context.refuse(rejected("invalid-argument", message));
  }
  const standing = await client.succession(own.keyHash);
  const waiting = standing.ok ? await client.waitingSuccessor() : standing;
  if (!standing.ok) return context.refuse(standing);
  if (!waiting.ok) return context.refuse(waiting);
  const { successor } = standing.value;
  const next = waiting.value?.publicKey ?? null;
  const isElsewhere = successor !== null && (next === null || !equalBytes(successor, next));
  if (flags.has("dry-run")) return tellPlan(context, own, successor, flags.has("json"));
  if (isElsewhere) return follow(context, own, successor, flags);
  if (successor !== null)
    context.print("The chain has your new keys already. Your passphrase makes them this device's.");
  else tellWhat(context);
  const passphrase = await opened(context, vault.value);
  if (passphrase === null) return cancelled(context);
  if (typeof passphrase !== "string") return context.refuse(passphrase);
  if (successor === null) {
    const left = await checkSpaces(context);
    if (!left.ok) return context.refuse(left);
    const sent = await tellChain(context, own, passphrase, flags);
    if (sent !== 0) return sent;
  }
  const told = successor === null ? await client.waitingSuccessor() : waiting;
  if (!told.ok) return context.refuse(told);
  if (told.value === null) {
    return context.refuse(
      rejected("not-found", "The new keys do not wait here any more; `id rotate` tells how it stands."),
    );
  }
  return finish(context, own, { publicKey: told.value.publicKey, passphrase }, flags);
}

function ownOf({ keyHash, publicKey }: VaultStatus): Own | null {
  return keyHash === null || publicKey === null ? null : { keyHash, publicKey };
}

/** Only the first space's keys are replaced on the chain: the others must have nothing that would stay with the old words. */
async function checkSpaces({ client }: CommandContext): Promise<Result<null>> {
  const spaces = await client.spaces();
  if (!spaces.ok) return spaces;
  for (const { space, keyHash } of spaces.value.slice(1)) {
    const coins = await client.coins(keyHash);
    if (!coins.ok) return coins;
    const { coins: there, pendingNano, beingSpent } = coins.value;
    const stakes = await client.stakes(keyHash);
    if (!stakes.ok) return stakes;
    const leases = await client.leases(keyHash);
    if (!leases.ok) return leases;
    const processes = await client.processes(keyHash);
    if (!processes.ok) return processes;
    const things = {
      coins: there.length > 0 || pendingNano > 0n || beingSpent.length > 0,
      "a stake": stakes.value.length > 0,
      "leased memory": leases.value.some(({ expired }) => !expired),
      processes: processes.value.length > 0,
    };
    const left = Object.entries(things).flatMap(([name, isThere]) => (isThere ? [name] : []));
    if (left.length > 0) {
      const message = `Your space ${space} has ${left.join(", ")}, and its keys come from the old words. Pay its coins to your first space (\`pay ADDRESS AMOUNT --free\` costs none), end the rest, then \`id rotate\`. Your keys here are what they were.`;
      return rejected("rule-violated", message, { space });
    }
  }
  return accepted(null);
}

function tellWhat(context: CommandContext): void {
  context.print("This replaces your keys by new ones, for when a device or your recovery words may be in other hands.");
  context.print("  new      twelve words, to be written down; the old ones will open nothing on the chain");
  context.print(
    "  stays    your coins, names, credentials, and all that is paid to your old address: the new keys open it",
  );
  context.print("  ends     the addresses of your other spaces: they get new ones");
  context.print("  anew     passkeys, backup files, shares of `recovery`");
}

function tellPlan(context: CommandContext, { publicKey }: Own, successor: Uint8Array | null, json: boolean): number {
  const did = didOf(publicKey);
  if (json) context.json({ replaces: did, successor: successor === null ? null : didOf(successor) });
  else if (successor !== null) context.print(replacedWords(successor));
  else {
    tellWhat(context);
    context.print(`  visible  to everybody: that new keys took over from ${did}`);
    context.print("Dry run: nothing was made or signed.", "dim");
  }
  return 0;
}

/** The passphrase, once it has opened the vault; null if the user gave up. */
async function opened(context: CommandContext, { unlocked }: VaultStatus): Promise<string | null | RejectedResult> {
  const passphrase = await context.ask("Passphrase: ", true);
  if (passphrase === null || unlocked) return passphrase;
  const open = await context.client.unlockVault(passphrase);
  return open.ok ? passphrase : open;
}

type RejectedResult = Extract<Result<never>, { readonly ok: false }>;

/** New keys, their words proved, and a transaction that says so; 0 once it is in a block. */
async function tellChain(
  context: CommandContext,
  own: Own,
  passphrase: string,
  flags: ReadonlySet<string>,
): Promise<number> {
  const { client } = context;
  const planning = await planContext(context, own.keyHash);
  if (!planning.ok) return context.refuse(planning);
  const coins = await client.coins(own.keyHash);
  if (!coins.ok) return context.refuse(coins);
  const begun = await client.beginRotation(passphrase, null);
  if (!begun.ok) return context.refuse(begun);
  if (!begun.value.isProved && !(await learn(context, begun.value.phrase, passphrase))) return exitCodes.stopped;
  const pair = { previous: own.publicKey, next: begun.value.publicKey };
  const draft = { ...pair, previousSignature: noSignature, nextSignature: noSignature };
  const shown = planRotation(draft, coins.value.coins, planning.value);
  if (!shown.ok) return context.refuse(shown);
  const covers = `replacing ${didOf(pair.previous)} by ${didOf(pair.next)}, for good`;
  if ((await consent(context, shown.value, flags, covers)) !== "agreed") {
    context.print("The new keys wait here; your keys are what they were. `id rotate` goes on.", "dim");
    return exitCodes.stopped;
  }
  const signed = await client.signRotation(passphrase, planning.value.networkId, rotationExpiry(planning.value));
  if (!signed.ok) return context.refuse(signed);
  if (!equalBytes(signed.value.next, pair.next)) {
    const message = "Another tab has made other new keys meanwhile. Nothing was sent; `id rotate` begins again.";
    return context.refuse(rejected("vault-exists", message));
  }
  const plan = planRotation(signed.value, coins.value.coins, planning.value);
  if (!plan.ok) return context.refuse(plan);
  const inWords = !flags.has("json");
  const signer = signerOf(context, own.publicKey, planning.value.stampBits);
  const done = await carryOut(context, plan.value, signer, inWords);
  if (!done.ok) return context.refuse(done);
  const { id, standing } = done.value;
  if (standing?.state === "included") return 0;
  const code = printOutcome(context, id, standing);
  context.print("The new keys wait here; `id rotate` goes on from where this stands.", "dim");
  return code === 0 ? exitCodes.stopped : code;
}

/** Lets the new words be written down, and proves that they were. */
function learn(context: CommandContext, phrase: string, passphrase: string): Promise<boolean> {
  const why = "Write these new words down, in order, on paper. Nothing is replaced before you have typed some back.";
  return learnPhrase(context, phrase, why, {
    prove: (answers) => context.client.proveSuccessorWords(passphrase, answers),
    later: "Not replaced: your keys are what they were. `id rotate` begins again, with other words.",
  });
}

/** Waits until the chain has a successor and can not take it back; null when the user stops waiting. */
function untilFinal({ client, interrupted }: CommandContext, { keyHash }: Own): Promise<SuccessionView | null> {
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

/** New keys and what opens them here. */
interface Next {
  readonly publicKey: Uint8Array;
  readonly passphrase: string;
}

/** Waits for finality, then makes the new keys the vault's, if it is they that took over. */
async function finish(
  context: CommandContext,
  own: Own,
  { publicKey, passphrase }: Next,
  flags: ReadonlySet<string>,
): Promise<number> {
  const inWords = !flags.has("json");
  if (inWords) context.print("In the chain. Waiting until nothing can undo it (Ctrl-C stops waiting only) …", "dim");
  const standing = await untilFinal(context, own);
  if (standing === null) {
    context.print("It goes on by itself. Once it is final, `id rotate` makes the new keys this device's.", "dim");
    return exitCodes.stopped;
  }
  if (standing.successor !== null && !equalBytes(standing.successor, publicKey)) {
    const message = `Other keys than those that wait here took over: ${didOf(standing.successor)}. If they are yours, \`id rotate\` takes their words; if not, somebody else had the old ones. Your keys here are what they were.`;
    return context.refuse(rejected("key-replaced", message));
  }
  // What has come to another space meanwhile can still be paid over.
  const left = await checkSpaces(context);
  if (!left.ok) return context.refuse(left);
  const taken = await context.client.finishRotation(passphrase);
  if (!taken.ok && taken.code === "wrong-passphrase") {
    context.refuse(taken);
    return follow(context, own, publicKey, flags);
  }
  const vault = taken.ok ? await context.client.vaultStatus() : taken;
  if (!vault.ok) return context.refuse(vault);
  const { did, keyHash } = vault.value;
  if (keyHash !== null) await context.client.setRewardKey(keyHash);
  if (!inWords) context.json({ did, previous: didOf(own.publicKey), sinceHeight: standing.sinceHeight });
  else {
    context.print(`Replaced. Your address: ${did}`, "good");
    context.print(
      "What is paid to the old one is yours, too. `id backup` makes a file of the new keys; `id passkey add` lets a passkey open them.",
    );
  }
  return 0;
}

/** Takes keys that took over on another device, from their words. */
async function follow(
  context: CommandContext,
  own: Own,
  successor: Uint8Array,
  flags: ReadonlySet<string>,
): Promise<number> {
  context.print(replacedWords(successor), "warning");
  const phrase = await context.ask("The new recovery words: ", true);
  if (phrase === null || phrase.trim() === "") return cancelled(context);
  const passphrase = await context.ask("Passphrase of this device: ", true);
  if (passphrase === null) return cancelled(context);
  const begun = await context.client.beginRotation(passphrase, { phrase, publicKey: successor });
  return begun.ok ? finish(context, own, { publicKey: successor, passphrase }, flags) : context.refuse(begun);
}
