/**
 * `status`, `doctor`, `peers`, `role`: this node and its neighbours.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { rejected } from "#protocol/result.ts";
import type { Finding, NodeStatus, PeerView } from "#sdk/contract.ts";
import { pauseWords, proofWords } from "../activity/activity-words.ts";
import { lostKeysSince, lostWords } from "../eviction.ts";
import { bytes, duration, short, table } from "../format.ts";
import { misuse } from "../language/usage.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { isBackupProved } from "./backup.ts";
import type { Command, CommandContext } from "./command.ts";
import { finalityLine } from "./finality-words.ts";
import { appFindings } from "./installed.ts";

const jsonOption = { "--json": "print one line of JSON" } as const;

function producingWords({ pausedFor, hashesPerSecond }: NodeStatus): string {
  return pausedFor === "" ? `${hashesPerSecond.toLocaleString("en")} hashes/s` : `paused: ${pauseWords[pausedFor]}`;
}

const status: Command = {
  name: "status",
  group: "system",
  summary: "where this node stands",
  usage: "status [--json]",
  options: jsonOption,
  examples: ["status"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: async (context, { flags }) => {
    const answer = await context.client.status();
    if (!answer.ok) return context.refuse(answer);
    const it = answer.value;
    if (flags.has("json")) {
      context.json(it);
      return 0;
    }
    const rows = [
      ["network", `${it.network} (${short(it.networkId)})`],
      ["height", `${it.height}, newest block ${duration(context.environment.nowMs() - it.headTimeMs)} ago`],
      ["head", toHex(it.headHash)],
      ["finality", finalityLine(it)],
      ["peers", it.peers === 0 ? "nobody is connected; see `peers`" : `${it.peers} (${it.directPeers} direct)`],
      ["pool", `${it.mempoolTransactions} waiting, ${bytes(it.mempoolBytes)}`],
      [
        "roles",
        `verify${it.roles.produce ? `, produce (${producingWords(it)}, ${it.blocksProduced} blocks made)` : ""}`,
      ],
      ["this tab", it.leader ? "runs the node of this profile" : "follows another tab of this profile"],
      ["up", duration(context.environment.nowMs() - it.startedAtMs)],
    ];
    if (it.roles.produce) rows.push(["proving", proofWords(it.work)]);
    if (it.syncing !== null) rows.push(["syncing", `block ${it.syncing.current} of ${it.syncing.target}`]);
    for (const line of table(rows)) context.print(line);
    for (const notice of it.notices) context.print(notice, "warning");
    return 0;
  },
};

const marks = { good: "ok", warning: "!", problem: "!!" } as const;

const doctor: Command = {
  name: "doctor",
  group: "system",
  summary: "checks this node and says what to do",
  usage: "doctor [--json]",
  options: jsonOption,
  examples: ["doctor"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: async (context, { flags }) => {
    const { environment } = context;
    const answer = await context.client.doctor();
    const findings: Finding[] = answer.ok
      ? [...answer.value]
      : [{ name: "node", level: "problem", detail: answer.message, advice: "Reload this page." }];
    const storage = await environment.storage();
    if (storage !== null) {
      const tight = storage.usedBytes > 0.9 * storage.quotaBytes;
      findings.push({
        name: "storage",
        level: tight ? "warning" : "good",
        detail: `${bytes(storage.usedBytes)} of ${bytes(storage.quotaBytes)} used, ${storage.persisted ? "kept until you delete it" : "the browser was asked to keep it and may still evict it"}`,
        advice: tight
          ? "Free some disk space."
          : storage.persisted
            ? ""
            : "`install` makes that less likely; `id backup` and `put` keep copies elsewhere.",
      });
    }
    const lostMs = await lostKeysSince(context.client, environment.keysSeen, environment.nowMs());
    if (lostMs !== null) findings.push({ name: "keys", level: "problem", ...lostWords(lostMs) });
    const vault = await context.client.vaultStatus();
    if (vault.ok && vault.value.exists) {
      const isProved = isBackupProved(vault.value);
      findings.push({
        name: "backup",
        level: isProved ? "good" : "warning",
        detail: isProved
          ? "your keys were proved to be elsewhere, too"
          : "your keys are known to be in this browser only",
        advice: isProved
          ? ""
          : "Write the words down (`id phrase`) or make a file (`id backup`); `id drill` proves it.",
      });
    }
    findings.push(...appFindings(environment.app.state()));
    const apart = await environment.isolation();
    findings.push({
      name: "isolation",
      level: apart.ok ? "good" : apart.code === "disconnected" ? "warning" : "problem",
      detail: apart.ok ? "programs cannot look into this page" : apart.message,
      advice: apart.ok ? "" : "Run no programs here; reload, or use a current browser.",
    });
    for (const feature of environment.features) {
      const detail = feature.there ? "there" : feature.why;
      findings.push({
        name: feature.name,
        level: feature.there ? "good" : "warning",
        detail,
        advice: feature.there ? "" : "Use a current browser over HTTPS or on localhost.",
      });
    }
    if (flags.has("json")) context.json(findings);
    else {
      for (const { name, level, detail, advice } of findings) {
        const tone = level === "good" ? "plain" : level === "warning" ? "warning" : "bad";
        context.print(
          `${marks[level].padEnd(3)} ${name.padEnd(14)} ${sanitise(detail)}${advice === "" ? "" : `\n    → ${advice}`}`,
          tone,
        );
      }
    }
    return findings.some((finding) => finding.level === "problem") ? 1 : 0;
  },
};

function printPeer({ print, environment }: CommandContext, peer: PeerView): void {
  const rows = [
    ["peer", peer.id],
    ["kind", peer.seed ? "seed" : "tab"],
    ["way", `${peer.transport}, ${peer.direct ? "direct" : "relayed"}, ${peer.direction}`],
    ["address", peer.address],
    ["round trip", peer.latencyMs === null ? "not measured yet" : `${peer.latencyMs} ms`],
    ["height", peer.height === null ? "not told yet" : String(peer.height)],
    ["score", String(peer.score)],
    ["connected", `${duration(environment.nowMs() - peer.connectedAtMs)} ago`],
    [
      "timers",
      peer.timerDriftMs === null ? "not told yet" : `${peer.timerDriftMs} ms late${peer.slow ? ", slow" : ""}`,
    ],
  ];
  for (const line of table(rows.map((row) => row.map(sanitise)))) print(line);
}

const peers: Command = {
  name: "peers",
  group: "system",
  summary: "who this node talks to, and how",
  usage: "peers [PEER] [--json]",
  options: jsonOption,
  examples: ["peers", "peers 12D3KooW…"],
  spec: { flags: ["json"], positionals: { least: 0, most: 1 } },
  complete: async ({ client }) => {
    const known = await client.peers();
    return known.ok ? known.value.map(({ id }) => id) : [];
  },
  run: async (context, { flags, positionals: [part] }) => {
    const answer = await context.client.peers();
    if (!answer.ok) return context.refuse(answer);
    const meant = part === undefined ? answer.value : answer.value.filter(({ id }) => id.includes(part));
    if (part !== undefined && meant.length === 0) {
      return context.refuse(
        rejected("not-found", `No peer is connected whose id holds ${part}. \`peers\` lists them.`),
      );
    }
    if (flags.has("json")) {
      context.json(meant);
      return 0;
    }
    if (part !== undefined) {
      for (const peer of meant) printPeer(context, peer);
      return 0;
    }
    if (answer.value.length === 0) {
      context.print(
        "Nobody is connected. Chain, coins and waiting transactions are kept here; the node keeps knocking and sends what waits once somebody answers. `doctor` says more.",
        "warning",
      );
      return 0;
    }
    const rows = answer.value.map((peer) => [
      sanitise(peer.id).slice(-12),
      peer.seed ? "seed" : "tab",
      peer.transport,
      peer.direct ? "direct" : "relayed",
      peer.latencyMs === null ? "–" : `${peer.latencyMs} ms`,
      peer.height === null ? "height –" : `height ${peer.height}`,
      `score ${peer.score}`,
      peer.slow ? "slow" : "",
    ]);
    for (const line of table(rows)) context.print(line);
    return 0;
  },
};

const role: Command = {
  name: "role",
  group: "system",
  summary: "what this node does for the network",
  usage: "role [produce on|off] [--json]",
  options: jsonOption,
  examples: ["role", "role produce on", "role produce off"],
  spec: { flags: ["json"], positionals: { least: 0, most: 2 } },
  run: async (context, { flags, positionals }) => {
    const [name, state] = positionals;
    if (name !== undefined && (name !== "produce" || (state !== "on" && state !== "off"))) {
      return context.refuse({ ok: false, code: "invalid-argument", message: misuse(positionals, role) });
    }
    if (name !== undefined && state === "on") {
      const vault = await context.client.vaultStatus();
      if (!vault.ok) return context.refuse(vault);
      if (vault.value.keyHash !== null) await context.client.setRewardKey(vault.value.keyHash);
    }
    if (name !== undefined) {
      const set = await context.client.setRole("produce", state === "on");
      if (!set.ok) return context.refuse(set);
    }
    const now = await context.client.status();
    if (!now.ok) return context.refuse(now);
    const { roles, blocksProduced, pausedFor } = now.value;
    if (flags.has("json")) context.json(roles);
    else {
      const paused = pausedFor === "" ? "" : `, paused: ${pauseWords[pausedFor]}`;
      context.print(`verify   on\nproduce  ${roles.produce ? `on${paused}, ${blocksProduced} blocks made` : "off"}`);
    }
    return 0;
  },
};

/** Commands about the node. */
export const systemCommands: readonly Command[] = [status, doctor, peers, role];
