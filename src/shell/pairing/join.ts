/**
 * `pair join`: a device without an identity, which gets one from another.
 * @module
 */
import { checkPassphrase } from "#identity/passphrase.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { peerMarkOf } from "#protocol/pairing/invitation.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { exchangeDevices } from "#sdk/exchange-devices.ts";
import type { JoinView } from "#sdk/pairing.ts";
import { cancelled, isAddressShown, newPassphrase, printAddress } from "../commands/backup.ts";
import type { CommandContext } from "../commands/command.ts";
import type { ParsedOptions } from "../language/options.ts";

/** A question that got lost is asked again so often. */
const tries = 4;

/** Between two looks whether the other person has confirmed. */
const lookEveryMs = 1_000;

/** What a lost question is refused with; all else is an answer. */
const lost: ReadonlySet<string> = new Set(["disconnected", "timeout", "rate-limited"]);

const ended = rejected(
  "not-found",
  "The other device does not go on with this invitation: it was used, its ten minutes are over, or somebody there ended it. Nothing was changed; `pair` makes a new one there.",
);

/** Waits a while; false if somebody has stopped the line. */
async function pause(context: CommandContext): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), lookEveryMs);
  });
  const going = await Promise.race([over, context.interrupted.then(() => false)]);
  clearTimeout(timer);
  return going;
}

/** The peer that made the invitation. */
async function inviterOf(context: CommandContext, { peerId, peerMark }: JoinView): Promise<Result<string>> {
  if (peerId !== null) return accepted(peerId);
  const peers = await context.client.peers();
  if (!peers.ok) return peers;
  const found = peers.value.find(({ id }) => peerMark !== null && equalBytes(peerMarkOf(id), peerMark));
  if (found !== undefined) return accepted(found.id);
  const message =
    "The device that made this code is not among the peers of this one (`peers`). Wait until both are connected, check the code, or open the link instead. Nothing was changed.";
  return rejected("not-found", message);
}

/** Asks the other device, again if the question or its answer was lost; null if somebody has stopped the line. */
async function asked(context: CommandContext, peer: string, request: Uint8Array): Promise<Result<Uint8Array> | null> {
  for (let tried = 1; ; tried++) {
    const answer = await Promise.race([context.client.pairAsk(peer, request), context.interrupted.then(() => null)]);
    if (answer === null || answer.ok) return answer;
    // What the other device says is foreign text, so it is said in our words.
    if (!lost.has(answer.code)) return ended;
    if (tried === tries) return answer;
    if (!(await pause(context))) return null;
  }
}

/** Ends it on both sides; what the person said, or what went wrong, is the exit code's. */
async function leave(context: CommandContext, peer: string, code: number): Promise<number> {
  const ended = await context.client.pairEnd();
  if (ended.ok && ended.value !== null) await context.client.pairAsk(peer, ended.value);
  return code;
}

/** From the first question to the words; null if somebody has stopped the line. */
async function meet(context: CommandContext, peer: string, first: Uint8Array): Promise<Result<string> | null> {
  let request: Uint8Array | null = first;
  for (;;) {
    const answer: Result<Uint8Array> | null = await asked(context, peer, request);
    if (answer === null || !answer.ok) return answer;
    const step = await context.client.pairStep(answer.value);
    if (!step.ok) return step;
    if (step.value.words !== null) return accepted(step.value.words);
    if (step.value.request === null) return rejected("bad-response", "The other device has not answered as it must.");
    request = step.value.request;
  }
}

/** A passphrase that the vault will take; null if the user gave up. */
async function goodPassphrase(context: CommandContext): Promise<string | null> {
  for (;;) {
    const passphrase = await newPassphrase(context);
    const strength = passphrase === null ? null : checkPassphrase(passphrase);
    if (strength === null || strength.ok) return passphrase;
    context.refuse(strength);
  }
}

/** Asks until the keys come. */
async function take(context: CommandContext, peer: string, passphrase: string): Promise<number> {
  const ready = await context.client.pairReady();
  if (!ready.ok) return context.refuse(ready);
  context.status("Waiting for the other device to confirm, too …");
  for (;;) {
    const answer = await asked(context, peer, ready.value);
    if (answer === null) return leave(context, peer, cancelled(context));
    if (!answer.ok) return leave(context, peer, context.refuse(answer));
    const outcome = await context.client.pairTake(answer.value, passphrase);
    if (!outcome.ok) return leave(context, peer, context.refuse(outcome));
    if (outcome.value.type === "waiting") {
      if (!(await pause(context))) return leave(context, peer, cancelled(context));
      continue;
    }
    const { request } = outcome.value;
    const status = await context.client.vaultStatus();
    if (status.ok && status.value.keyHash !== null) await context.client.setRewardKey(status.value.keyHash);
    const told = await asked(context, peer, request);
    if (told?.ok !== true)
      context.print("The other device could not be told; your keys are here all the same.", "warning");
    await exchangeDevices(context.client, context.client, true);
    context.print("Paired: your identity is on this device, too. Coins are found on the chain.", "good");
    if (status.ok && isAddressShown(status.value)) printAddress(context, status.value);
    return 0;
  }
}

/** `pair join`. */
export async function join(context: CommandContext, { positionals: [typed], values }: ParsedOptions): Promise<number> {
  const invitation = typed ?? (await context.ask("Link or code of the invitation: "));
  if (invitation === null) return cancelled(context);
  const joined = await context.client.pairJoin(invitation.trim(), values.get("name") ?? null);
  if (!joined.ok) return context.refuse(joined);
  const peer = await inviterOf(context, joined.value);
  if (!peer.ok) return context.refuse(peer);
  context.status("Reaching the other device …");
  const words = await meet(context, peer.value, joined.value.request);
  context.status(null);
  if (words === null) return leave(context, peer.value, cancelled(context));
  if (!words.ok) return leave(context, peer.value, context.refuse(words));
  context.print("The device that invited this one must show these six words, all of them, in this order:");
  context.print(`  ${words.value}`, "strong");
  context.print(
    "Go on only if you made the invitation yourself and they are the same: this device takes over the identity of whoever made it.",
    "warning",
  );
  if (!(await context.confirm("Are they the same on both? [y/N] "))) {
    return leave(context, peer.value, cancelled(context));
  }
  context.print("A passphrase protects your keys on this device. It may be another than on your other one.");
  const passphrase = await goodPassphrase(context);
  if (passphrase === null) return leave(context, peer.value, cancelled(context));
  const code = await take(context, peer.value, passphrase);
  context.status(null);
  return code;
}
