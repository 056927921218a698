/**
 * `balance`, `pay`, `faucet`: plan, consent, sign, watch.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { NodeStatus } from "#sdk/contract.ts";
import { parseAmount, sumNano } from "#wallet/amount.ts";
import { planPayment, planRequest } from "#wallet/build.ts";
import { findPerson, knownPeople, personWords, reached, slipIn } from "../contacts.ts";
import { duration, table } from "../format.ts";
import { noIdentity } from "./backup.ts";
import type { Command, CommandContext } from "./command.ts";
import { unlocked } from "./identity.ts";
import { aeth, planContext, signAndSend, signerOf, spend, spendingOptions, withReasons } from "./spending.ts";

/** Why there may be more than this device knows of; null if nothing says so. */
function missingWords({ height, headTimeMs, syncing, peers }: NodeStatus, nowMs: number): string | null {
  if (syncing !== null && syncing.current < syncing.target)
    return `This device is at block ${syncing.current} of ${syncing.target}: coins in later blocks are not counted yet.`;
  if (peers > 0)
    return height > 0 ? null : "This device has no block of the chain yet. Ask again when `status` shows a height.";
  const known = height > 0 ? `what stood at block ${height}, ${duration(nowMs - headTimeMs)} ago` : "no chain here yet";
  return `Nobody is connected: this is ${known}. \`doctor\` says what may be in the way.`;
}

const balance: Command = {
  name: "balance",
  group: "money",
  summary: "what you have",
  usage: "balance [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["balance"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: async (context, { flags }) => {
    const vault = await context.client.vaultStatus();
    if (!vault.ok) return context.refuse(vault);
    if (vault.value.keyHash === null) {
      return context.refuse(noIdentity);
    }
    const answer = await context.client.coins(vault.value.keyHash);
    if (!answer.ok) return context.refuse(answer);
    const status = await context.client.status();
    if (!status.ok) return context.refuse(status);
    const { coins, pendingNano, height } = answer.value;
    const { syncing, peers } = status.value;
    const totalNano = sumNano(coins);
    const missing = missingWords(status.value, context.environment.nowMs());
    if (flags.has("json"))
      context.json({ availableNano: totalNano, pendingNano, coins: coins.length, height, syncing, peers });
    else {
      context.print(`${aeth(totalNano)} in ${coins.length} coin${coins.length === 1 ? "" : "s"}`, "strong");
      if (pendingNano > 0n) context.print(`${aeth(pendingNano)} more is on its way`, "dim");
      if (missing !== null) context.print(missing, "warning");
      else if (totalNano === 0n && pendingNano === 0n) context.print("On dev, `faucet` gives you some.", "dim");
    }
    return 0;
  },
};

const pay: Command = {
  name: "pay",
  group: "money",
  summary: "sends coins to an address",
  usage: "pay DID|@NAME AMOUNT [--memo TEXT] [--fee AETH] [--free] [--yes] [--dry-run] [--json]",
  options: {
    "--memo TEXT": "a public note of up to 256 bytes",
    "--fee AETH": "pay more than the least fee, to be mined sooner",
    "--free": "no fee: compute a stamp and use the free lane (10 % of a block)",
    ...spendingOptions,
  },
  examples: [
    "pay did:key:zQ3sh… 2.5",
    "pay @alice 2.5",
    'pay did:key:zQ3sh… 0.1 --memo "coffee" --free',
    "pay did:key:zQ3sh… 2.5 --dry-run",
  ],
  spends: "always",
  spec: { flags: ["free", "yes", "dry-run", "json"], values: ["memo", "fee"], positionals: { least: 2, most: 2 } },
  complete: ({ client, longWords }) => knownPeople(client, longWords),
  run: async (context, { positionals, flags, values }) => {
    const [to = ""] = positionals;
    const slip = slipIn(to);
    if (slip !== null) return context.refuse(slip);
    const amount = parseAmount(positionals[1] ?? "");
    if (!amount.ok) return context.refuse(amount);
    const fee = values.has("fee") ? parseAmount(values.get("fee") ?? "") : accepted(null);
    if (!fee.ok) return context.refuse(fee);
    const keys = await unlocked(context);
    if (keys === null) return 1;
    const person = await findPerson(context.client, to);
    const recipient = person.ok ? await reached(context.client, person.value) : person;
    if (!recipient.ok) return context.refuse(recipient);
    const planning = await planContext(context, keys.keyHash);
    if (!planning.ok) return context.refuse(planning);
    const coins = await context.client.coins(keys.keyHash);
    if (!coins.ok) return context.refuse(coins);
    const order = {
      recipientKeyHash: keyHashOf(recipient.value.publicKey),
      amountNano: amount.value,
      memo: values.get("memo") ?? "",
      feeNano: fee.value,
      free: flags.has("free"),
    };
    const plan = planPayment(order, coins.value.coins, planning.value);
    if (!plan.ok) return context.refuse(withReasons(plan, coins.value));
    const signer = signerOf(context, keys.publicKey, planning.value.stampBits);
    return spend(context, plan.value, signer, flags, personWords(recipient.value));
  },
};

const faucet: Command = {
  name: "faucet",
  group: "money",
  summary: "asks the development network for coins",
  usage: "faucet [AMOUNT] [--dry-run] [--json]",
  options: { "--dry-run": "show what would be asked, sign nothing", "--json": "print one line of JSON" },
  examples: ["faucet", "faucet 2"],
  spends: "always",
  spec: { flags: ["dry-run", "json"], positionals: { least: 0, most: 1 } },
  run: async (context, { positionals, flags }) => {
    const json = flags.has("json");
    const amount = parseAmount(positionals[0] ?? "5");
    if (!amount.ok) return context.refuse(amount);
    const keys = await unlocked(context);
    if (keys === null) return 1;
    const planning = await planContext(context, keys.keyHash);
    if (!planning.ok) return context.refuse(planning);
    const rules = planning.value.parameters.development?.faucet;
    if (rules === undefined)
      return context.refuse(rejected("unavailable-on-network", "There is no faucet on the main network."));
    if (amount.value > rules.maximumNano) {
      return context.refuse(
        rejected("invalid-amount", `The faucet gives at most ${aeth(rules.maximumNano)} at a time.`),
      );
    }
    const plan = planRequest(amount.value, "faucet", planning.value);
    if (!plan.ok) return context.refuse(plan);
    if (flags.has("dry-run")) {
      if (json) context.json({ id: plan.value.id, amountNano: amount.value });
      else
        context.print(`This asks for ${aeth(amount.value)}, with a stamp instead of a fee. Nothing was sent.`, "dim");
      return 0;
    }
    const before = await context.client.coins(keys.keyHash);
    const coinsBefore = before.ok ? before.value.coins.length : 0;
    const arrived = arrival(context, { id: plan.value.id, keyHash: keys.keyHash, coinsBefore });
    const sent = await signAndSend(
      context,
      plan.value,
      signerOf(context, keys.publicKey, planning.value.stampBits),
      !json,
    );
    if (!sent.ok) {
      arrived.stop();
      return context.refuse(sent);
    }
    if (!json) context.print("Asked, without a fee. Waiting for the seed to pay (Ctrl-C stops waiting only) …", "dim");
    const totalNano = await arrived.totalNano;
    if (totalNano === "unpaid") {
      const message = `Your request is in the chain, and no coins came with the next ${unpaidBlocks} blocks: the seed pays an address once in ${rules.everyBlocks} blocks, and out of what it has earned. Ask again later; \`balance\` tells if they still come.`;
      return context.refuse(rejected("not-found", message));
    }
    if (json) context.json({ id: sent.value, availableNano: totalNano });
    else if (totalNano === null) context.print("Not watched any longer; `balance` tells.", "dim");
    else context.print(`Paid. You have ${aeth(totalNano)}.`, "good");
    return 0;
  },
};

/** A request that is in the chain and that so many more blocks have not paid will not be. */
const unpaidBlocks = 2;

interface Asked {
  readonly id: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly coinsBefore: number;
}

interface Arrival {
  /** The balance when the key has more coins than before; null when the user stops waiting; "unpaid" when none come. */
  readonly totalNano: Promise<bigint | null | "unpaid">;
  /** Stops listening. */
  stop(): void;
}

function arrival({ client, interrupted }: CommandContext, { id, keyHash, coinsBefore }: Asked): Arrival {
  let stop = (): void => undefined;
  const totalNano = new Promise<bigint | null | "unpaid">((resolve) => {
    let askedAt = Number.POSITIVE_INFINITY;
    const end = (outcome: bigint | null | "unpaid"): void => {
      stop();
      resolve(outcome);
    };
    stop = client.subscribe((event) => {
      if (event.type === "transaction" && equalBytes(event.id, id) && event.standing.state === "included")
        askedAt = event.standing.height;
      if (event.type !== "head") return;
      const { height } = event;
      void client.coins(keyHash).then((answer) => {
        if (answer.ok && answer.value.coins.length > coinsBefore) end(sumNano(answer.value.coins));
        else if (height >= askedAt + unpaidBlocks) end("unpaid");
      });
    });
    void interrupted.then(() => end(null));
  });
  return { totalNano, stop };
}

const mempool: Command = {
  name: "mempool",
  group: "chain",
  summary: "what waits for a block",
  usage: "mempool [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["mempool"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: async (context, { flags }) => {
    const answer = await context.client.mempool({ limit: 100 });
    if (!answer.ok) return context.refuse(answer);
    if (flags.has("json")) context.json(answer.value);
    else if (answer.value.length === 0) context.print("Nothing waits.", "dim");
    else {
      const rows = answer.value.map((entry) => [
        toHex(entry.id).slice(0, 16),
        entry.command,
        entry.free ? "free lane" : `fee ${aeth(entry.feeNano)}`,
        `${entry.sizeBytes} B`,
      ]);
      for (const line of table(rows)) context.print(line);
    }
    return 0;
  },
};

/** Commands that move coins, and the pool they wait in. */
export const moneyCommands: readonly Command[] = [balance, pay, faucet, mempool];
