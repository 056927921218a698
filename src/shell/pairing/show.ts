/**
 * `pair show`: the device that has the identity. It answers the other one while its person compares the words.
 * @module
 */
import { invitationParameter } from "#protocol/pairing/invitation.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { exchangeDevices } from "#sdk/exchange-devices.ts";
import type { PairKnock, PairTurn } from "#sdk/pairing.ts";
import { cancelled, passphraseTries } from "../commands/backup.ts";
import { type CommandContext, exitCodes } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import type { ParsedOptions } from "../language/options.ts";

/** What the person has said to the words. */
type Decision = "confirmed" | "declined" | "failed";

/** Refusals after which no other request of this invitation can be answered. */
const ending: ReadonlySet<string> = new Set(["wrong-commitment", "bad-signature", "vault-locked", "too-many"]);

const stopped = "stopped";
const decided = "decided";

/** Asks for the words and the passphrase, and lets the vault make ready what is to go over. */
async function decide(context: CommandContext, words: string): Promise<Decision> {
  context.print("The other device must show these six words, all of them, in this order:");
  context.print(`  ${words}`, "strong");
  context.print(
    "If they are the same, it gets your keys, with all you have, and the names of `contact`. If one differs, somebody stands between the two: say n.",
    "warning",
  );
  if (!(await context.confirm("Are they the same on both?"))) return "declined";
  for (let tries = 0; tries < passphraseTries; tries++) {
    const passphrase = await context.ask("Passphrase, to hand your keys over: ", true);
    if (passphrase === null) return "declined";
    const made = await context.client.pairConfirm(words, passphrase);
    if (made.ok) return "confirmed";
    context.refuse(made);
    if (made.code !== "wrong-passphrase") return "failed";
  }
  return "failed";
}

function printInvitation(context: CommandContext, link: string, code: string): void {
  context.print("On the new device scan the code that is shown, or open this link there:");
  context.print(`  ${link}`, "strong");
  context.print(`or open AetherChain there and type: pair join ${code}`);
  if (/^https?:\/\/(?:localhost|127\.|\[::1\])/.test(link)) {
    context.print("This page was opened as one of this machine alone; the link works for browsers on it.", "warning");
  }
  context.print("It is good for ten minutes and for one device. Ctrl-C ends it.", "dim");
}

/** What the page that pairs goes through. */
class Showing {
  private readonly context: CommandContext;
  private readonly untilMs: number;
  private readonly hide: () => void;
  private decision: Promise<Decision> | null = null;
  private decided: Decision | null = null;
  private device: string | null = null;

  constructor(context: CommandContext, untilMs: number, hide: () => void) {
    this.context = context;
    this.untilMs = untilMs;
    this.hide = hide;
  }

  /** Answers requests until it is over; gives the exit code. */
  async run(): Promise<number> {
    const { context } = this;
    const interrupted = context.interrupted.then((): typeof stopped => stopped);
    // One question at a time: a request that comes while the person answers must not be lost with an older question.
    let knocking = context.client.pairNext();
    for (;;) {
      const knock = await Promise.race([knocking, interrupted, ...this.decisions()]);
      if (knock === stopped || this.decided === "declined") return this.end(cancelled(context));
      if (this.decided === "failed") return this.end(1);
      if (knock === decided) continue;
      if (!knock.ok) return this.end(context.refuse(knock));
      const code = knock.value === null ? this.lookAtClock() : await this.answer(knock.value);
      if (code !== null) return code;
      knocking = context.client.pairNext();
    }
  }

  /** Comes when the person has decided. */
  private decisions(): readonly Promise<typeof decided>[] {
    if (this.decision === null || this.decided !== null) return [];
    return [
      this.decision.then((decision): typeof decided => {
        this.decided = decision;
        return decided;
      }),
    ];
  }

  private lookAtClock(): number | null {
    const { context, device } = this;
    if (context.environment.nowMs() < this.untilMs) return null;
    if (device === null) {
      const message = "The ten minutes are over, and nothing was handed over. `pair` makes a new invitation.";
      return context.refuse(rejected("expired", message));
    }
    context.print(
      `Your keys went to ${device}, which has not said that it has them. It is on the list (\`pair list\`); look at it.`,
      "warning",
    );
    return 1;
  }

  private async answer({ number, peerId, request }: PairKnock): Promise<number | null> {
    const { client } = this.context;
    const turn = await client.pairAnswer(peerId, request);
    const answer: Result<Uint8Array> = turn.ok ? accepted(turn.value.answer) : turn;
    await client.pairReply(number, answer);
    if (turn.ok) return this.follow(turn.value);
    // A stranger who knocks with something else ends nothing.
    return ending.has(turn.code) ? this.end(this.context.refuse(turn)) : null;
  }

  private async follow({ stage, words, device }: PairTurn): Promise<number | null> {
    const { context } = this;
    switch (stage) {
      case "met":
        this.hide();
        return null;
      case "words":
        this.decision ??= decide(context, words ?? "");
        return null;
      case "waiting":
        return null;
      case "handed":
        this.device = device;
        return null;
      case "left": {
        const handed =
          this.device === null
            ? "nothing was handed over"
            : `your keys had gone to ${this.device}, which did not keep them`;
        context.print(`The other device has ended it: ${handed}. Press Enter if a question stands.`, "warning");
        await this.decision;
        return this.end(exitCodes.stopped);
      }
      case "done": {
        await exchangeDevices(context.client, context.client, true);
        context.print(`Paired: ${device} has your identity now. \`pair list\` lists your devices.`, "good");
        return 0;
      }
    }
  }

  private async end(code: number): Promise<number> {
    this.hide();
    await this.context.client.pairEnd();
    return code;
  }
}

/** `pair show`. */
export async function show(context: CommandContext, { values }: ParsedOptions): Promise<number> {
  if ((await unlocked(context, { makes: false })) === null) return 1;
  const { client, environment } = context;
  const status = await client.status();
  if (!status.ok) return context.refuse(status);
  const invited = await client.pairInvite(status.value.peerId, values.get("name") ?? null);
  if (!invited.ok) return context.refuse(invited);
  const { word, code, untilMs } = invited.value;
  const link = environment.addressOf(`/#${invitationParameter}=${word}`);
  printInvitation(context, link, code);
  const hide = await environment.showInvitation(link, code);
  try {
    return await new Showing(context, untilMs, hide).run();
  } finally {
    hide();
  }
}
