/**
 * Command-line flags of the seed. Refuses anything it does not know, with the flag's name and what is allowed.
 * @module
 */
import { parseArgs } from "node:util";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { dialableId } from "../platform/libp2p/ipfs-link.ts";
import { networkLimits } from "../platform/libp2p/limits.ts";
import { readCheckpoint } from "../protocol/consensus/checkpoint-text.ts";

/** How a seed runs. */
export interface SeedOptions {
  readonly network: "dev" | "main";
  readonly host: string;
  readonly port: number;
  /** UDP port on which tabs reach the seed over WebRTC; 0: none. */
  readonly webRtcPort: number;
  /** Pages of other seeds to stay connected with. */
  readonly otherSeeds: readonly string[];
  /** Addresses of nodes of IPFS that are asked for what no peer has. */
  readonly ipfsNodes: readonly string[];
  readonly dataDirectory: string;
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | null;
  /** Threads of the nonce search; 0: does not produce. */
  readonly produceThreads: number;
  /** MiB of memory offered to anybody on `dev`, 0: none; null: a quarter of the machine's. */
  readonly lentMebibytes: number | null;
  /** MiB of other people's files kept; 0: none. */
  readonly keptMebibytes: number;
  /** Answers for them with a bond. */
  readonly bond: boolean;
  /** Answers `/ipfs/` with files that anybody published. */
  readonly gateway: boolean;
  /** A block believed to be final, for a seed that starts without data; null: none. */
  readonly checkpoint: FinalisedBlock | null;
  /** Bonds a stake of its own and votes. */
  readonly vote: boolean;
  readonly verbose: boolean;
}

/** What the command line asks for. */
export type SeedInvocation =
  | { readonly action: "run"; readonly options: SeedOptions }
  | { readonly action: "help" }
  | { readonly action: "version" };

/** Text of `--help`. */
export const usage = `Usage: npm start -- [flags]

Runs a seed node: serves the app, relays WebRTC signalling, keeps the chain.

  --port N             port for the app, the relay and JSON-RPC          (8080)
  --webrtc-port N      UDP port for WebRTC straight to the seed; 0: none  (as --port)
  --host ADDRESS       address to listen on                             (127.0.0.1)
  --network dev|main   which network                                    (dev)
  --data DIRECTORY     where the chain and the seed's keys live         (.aether/<network>)
  --seeds URL,URL      pages of other seeds to stay connected with
  --tls-cert FILE      certificate chain, PEM; with --tls-key: serve HTTPS
  --tls-key FILE       its private key, PEM
  --behind-proxy       allow a foreign --host without a certificate, because a proxy in front speaks HTTPS
  --threads N          threads that search nonces; 0: do not produce    (1 on dev, 0 on main)
  --lend MIB           memory offered to anybody on dev; 0: none        (a quarter of the machine's)
  --keep MIB           others' files kept, in sealed shards; 0: none    (1024)
  --no-bond            on dev: do not answer with 4 AETH of the seed's own for what it keeps, in storage deals
  --no-gateway         do not show published files of others under /ipfs/
  --ipfs ADDR,ADDR     nodes of IPFS (WebSocket) to stay connected with: /ipfs/ asks them for what no peer has
  --vote, --no-vote    on dev: bond 20 AETH of the seed's own and vote  (votes unless --seeds are named)
  --checkpoint N:HASH  start on the history that has this final block (as finality shows it elsewhere)
  --verbose            log everything
  --help, --version

Other machines need HTTPS: without it browsers withhold storage locks and keys from the page.
`;

const flags = {
  port: { type: "string" },
  "webrtc-port": { type: "string" },
  host: { type: "string" },
  network: { type: "string" },
  data: { type: "string" },
  seeds: { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "behind-proxy": { type: "boolean" },
  threads: { type: "string" },
  lend: { type: "string" },
  keep: { type: "string" },
  "no-bond": { type: "boolean" },
  ipfs: { type: "string" },
  "no-gateway": { type: "boolean" },
  vote: { type: "boolean" },
  "no-vote": { type: "boolean" },
  checkpoint: { type: "string" },
  verbose: { type: "boolean" },
  help: { type: "boolean" },
  version: { type: "boolean" },
} as const;

const mostThreads = 64;
const mostSeeds = 8;
const mostLentMebibytes = 999_999;

function wholeNumber(flag: string, text: string, minimum: number, maximum: number): Result<number> {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return accepted(value);
  return rejected("invalid-argument", `--${flag} takes a whole number from ${minimum} to ${maximum}, not "${text}".`);
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false }).values;
}

type Values = ReturnType<typeof parse>;

function readTls(values: Values): Result<SeedOptions["tls"]> {
  const certificateFile = values["tls-cert"];
  const keyFile = values["tls-key"];
  if (certificateFile === undefined && keyFile === undefined) return accepted(null);
  if (certificateFile === undefined || keyFile === undefined) {
    return rejected("invalid-argument", "--tls-cert and --tls-key go together: one of them is missing.");
  }
  return accepted({ certificateFile, keyFile });
}

function readSeeds(text: string | undefined): Result<readonly string[]> {
  const origins = (text ?? "").split(",").filter((one) => one !== "");
  const wrong = origins.find((one) => !URL.canParse(one) || !/^https?:$/.test(new URL(one).protocol));
  if (wrong !== undefined || origins.length > mostSeeds) {
    const what = wrong === undefined ? `${origins.length} of them` : `"${wrong}"`;
    return rejected(
      "invalid-argument",
      `--seeds takes up to ${mostSeeds} http(s) URLs with commas between, not ${what}.`,
    );
  }
  return accepted(origins);
}

function readIpfsNodes(text: string | undefined): Result<readonly string[]> {
  const addresses = (text ?? "").split(",").filter((one) => one !== "");
  if (addresses.length > networkLimits.ipfsNodes)
    return rejected("invalid-argument", `--ipfs takes at most ${networkLimits.ipfsNodes} addresses.`);
  for (const address of addresses) {
    const id = dialableId(address);
    if (!id.ok) return rejected("invalid-argument", `--ipfs ${address}: ${id.message}`);
  }
  return accepted(addresses);
}

/** The first seed of a network votes; one that joins another's leaves that to who runs it. */
function readVote(values: Values, network: "dev" | "main", otherSeeds: readonly string[]): Result<boolean> {
  if (values.vote && values["no-vote"]) {
    return rejected("invalid-argument", "--vote and --no-vote say opposite things: leave one of them out.");
  }
  if (values.vote && network === "main") {
    return rejected(
      "invalid-argument",
      "--vote is for dev. On main coins are bonded by their owner, with `stake` in a tab.",
    );
  }
  return accepted(network === "dev" && (values.vote ?? (values["no-vote"] !== true && otherSeeds.length === 0)));
}

function readOptions(values: Values): Result<SeedOptions> {
  const network = values.network ?? "dev";
  if (network !== "dev" && network !== "main") {
    return rejected("invalid-argument", `--network takes dev or main, not "${network}".`);
  }
  const port = wholeNumber("port", values.port ?? "8080", 0, 65_535);
  if (!port.ok) return port;
  const webRtcPort = wholeNumber("webrtc-port", values["webrtc-port"] ?? String(port.value), 0, 65_535);
  if (!webRtcPort.ok) return webRtcPort;
  const produceThreads = wholeNumber("threads", values.threads ?? (network === "dev" ? "1" : "0"), 0, mostThreads);
  if (!produceThreads.ok) return produceThreads;
  const lent = values.lend === undefined ? accepted(null) : wholeNumber("lend", values.lend, 0, mostLentMebibytes);
  if (!lent.ok) return lent;
  const kept = wholeNumber("keep", values.keep ?? "1024", 0, mostLentMebibytes);
  if (!kept.ok) return kept;
  const otherSeeds = readSeeds(values.seeds);
  if (!otherSeeds.ok) return otherSeeds;
  const vote = readVote(values, network, otherSeeds.value);
  if (!vote.ok) return vote;
  const ipfsNodes = readIpfsNodes(values.ipfs);
  if (!ipfsNodes.ok) return ipfsNodes;
  const tls = readTls(values);
  if (!tls.ok) return tls;
  const checkpoint = values.checkpoint === undefined ? accepted(null) : readCheckpoint(values.checkpoint);
  if (!checkpoint.ok) return checkpoint;
  const host = values.host ?? "127.0.0.1";
  if (!isLoopback(host) && tls.value === null && values["behind-proxy"] !== true) {
    return rejected(
      "invalid-argument",
      `--host ${host} lets other machines in, and over plain HTTP their browsers refuse what a node needs (locks, key storage). ` +
        "Give --tls-cert and --tls-key, or --behind-proxy if a proxy in front of this seed speaks HTTPS.",
    );
  }
  return accepted({
    network,
    host,
    port: port.value,
    webRtcPort: webRtcPort.value,
    otherSeeds: otherSeeds.value,
    ipfsNodes: ipfsNodes.value,
    dataDirectory: values.data ?? `.aether/${network}`,
    tls: tls.value,
    produceThreads: produceThreads.value,
    lentMebibytes: lent.value,
    keptMebibytes: kept.value,
    bond: network === "dev" && values["no-bond"] !== true,
    gateway: values["no-gateway"] !== true,
    vote: vote.value,
    checkpoint: checkpoint.value,
    verbose: values.verbose ?? false,
  });
}

/** Reads the command line (without the program's own name). */
export function parseSeedArguments(args: readonly string[]): Result<SeedInvocation> {
  let values: Values;
  try {
    values = parse(args);
  } catch (error) {
    const words = error instanceof Error ? error.message.split(". ")[0] : String(error);
    return rejected("invalid-argument", `${words}. --help lists the flags.`);
  }
  if (values.help) return accepted({ action: "help" });
  if (values.version) return accepted({ action: "version" });
  const options = readOptions(values);
  return options.ok ? accepted({ action: "run", options: options.value }) : options;
}
