/**
 * The seed node: the same node core without a screen, on one port. The composition root of the Node program.
 * @module
 */
import "../platform/node/promise-with-resolvers.ts";
import { mkdirSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { totalmem } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { FaucetKey } from "../node/faucet.ts";
import { StorageKeeper } from "../node/files/storage-keeper.ts";
import { MemoryProvider } from "../node/memory-provider.ts";
import { AetherNode } from "../node/node.ts";
import { type Entropy, type Log, type LogRecord, type NonceSearch, StorageFailure } from "../node/ports.ts";
import { StakeKeeper } from "../node/stake-keeper.ts";
import { findStamp } from "../node/stamp-search.ts";
import { startComputeThread } from "../platform/node/compute-threads.ts";
import { openLevelStore } from "../platform/node/level-store.ts";
import { createSeedNetwork, newNetworkKey, type SeedNetwork } from "../platform/node/seed-network.ts";
import { systemClock, systemEntropy } from "../platform/node/system.ts";
import { type ComputePool, createComputePool } from "../platform/wasm/compute-pool.ts";
import { createEmulatedSampler } from "../platform/wasm/emulated-sampler.ts";
import { createSegmentProver } from "../platform/wasm/prover.ts";
import { createSamplerKernel } from "../platform/wasm/sampler-kernel.ts";
import { createSha256Kernel } from "../platform/wasm/sha256-kernel.ts";
import { signDigest } from "../protocol/crypto/signature.ts";
import { nanoPerAeth, networks } from "../protocol/parameters.ts";
import { accepted } from "../protocol/result.ts";
import { GatewayServer } from "./gateway-server.ts";
import { createSeedServer } from "./http-server.ts";
import { identityFile, networkFile, readOrMakeKeyFile, type SeedKeys, seedKeys } from "./key-files.ts";
import { seedLimits } from "./limits.ts";
import { isLoopback, parseSeedArguments, type SeedOptions, usage } from "./options.ts";
import type { ProverThreadData } from "./prover-thread.ts";
import { loadStaticFiles } from "./static-files.ts";

declare const __AETHER_VERSION__: string;

/** A message for the person at the terminal, and the end. */
function giveUp(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function describe(error: unknown): string {
  const { code, port, path, message } = (error ?? {}) as {
    code?: string;
    port?: number;
    path?: string;
    message?: string;
  };
  if (code === "EADDRINUSE")
    return `Port ${port} is taken. Stop what uses it, or choose another: npm start -- --port ${(port ?? 8080) + 1}`;
  if (code === "EACCES" && port !== undefined)
    return `Port ${port} is not allowed for this user; choose one above 1023 with --port.`;
  if (code === "EADDRNOTAVAIL") return "This machine does not have the address given with --host.";
  if (code === "ENOSPC") return "The disk is full. Free some space and start again; nothing was lost.";
  if (code === "EACCES" || code === "EROFS" || code === "ENOTDIR" || code === "EEXIST")
    return `The data directory cannot be written: ${path ?? message}`;
  return error instanceof StorageFailure ? error.message : `The seed could not start: ${message ?? String(error)}`;
}

function logger(verbose: boolean): (record: LogRecord) => void {
  return ({ level, source, message }) => {
    if (verbose || level === "warning" || level === "error") process.stderr.write(`${level} [${source}] ${message}\n`);
  };
}

/** Memory that the seed lends. */
function lentBytes({ lentMebibytes }: SeedOptions): number {
  return lentMebibytes === null ? Math.floor(totalmem() / 4) : lentMebibytes * 1_048_576;
}

/** On what terms the seed keeps files for coins: beside the bond it must have what a newcomer may ask for. */
function keepingTerms(node: AetherNode, { keptMebibytes }: SeedOptions) {
  const bondNano = 4n * nanoPerAeth;
  const reserveNano = node.options.parameters.development?.faucet.maximumNano ?? 0n;
  const pace = { offerBlocks: 20_000, renewalBlocks: 10_000 };
  const bytes = keptMebibytes * 1_048_576;
  return { peer: node.ports.network.selfId(), bytes, priceNano: 1_000_000n, bondNano, reserveNano, ...pace };
}

/** Who answers with a bond for the files that others left, unless told not to; deals reach it through the node's answers. */
function storageKeeper(node: AetherNode, key: FaucetKey, options: SeedOptions, ports: { entropy: Entropy; log: Log }) {
  if (options.keptMebibytes === 0 || !options.bond) return [];
  const { chain, pool, files } = node.running;
  const keeper = new StorageKeeper({ ...ports, chain, pool, key, files }, keepingTerms(node, options));
  files.setDealTaker(keeper);
  return [keeper];
}

/** What the seed of a development network does with its own key for as long as it runs: lends memory, keeps files, votes. */
function serveNewcomers(
  node: AetherNode,
  key: FaucetKey,
  options: SeedOptions,
  log: (record: LogRecord) => void,
): void {
  const { chain, pool, voter, production } = node.running;
  const ports = { entropy: systemEntropy, log };
  const keepers = [
    new MemoryProvider(chain, pool, { key, bytes: lentBytes(options) }, ports),
    ...storageKeeper(node, key, options, ports),
    ...(options.vote ? [new StakeKeeper({ ...ports, chain, pool, key }, voter, production.beaconKey)] : []),
  ];
  const tend = (): void => {
    for (const keeper of keepers) keeper.tend();
  };
  tend();
  node.subscribe(({ type }) => {
    if (type === "head") tend();
  });
}

/** The seed's key as faucet and memory provider use it. */
function seedKey(keys: SeedKeys, search: NonceSearch, stampBits: number): FaucetKey {
  return {
    keyHash: keys.keyHash,
    publicKey: keys.publicKey,
    sign: (id) => Promise.resolve(accepted(signDigest(id, keys.secret))),
    stamp: (id) => findStamp(search, id, stampBits),
  };
}

function startComputePool(threads: number, log: (record: LogRecord) => void): ComputePool {
  const start = () => startComputeThread(new URL("./compute-thread.js", import.meta.url));
  return createComputePool(start, Math.max(1, threads), systemClock.nowMs, {
    onThreadDeath: (reason, left) =>
      log({ level: "warning", source: "compute", message: `A thread ended (${reason}); ${left} go on.` }),
  });
}

/** What the seed makes the work of its blocks with. */
async function blockWork(publishedFolder: string, dataDirectory: string) {
  const data: ProverThreadData = { publishedFolder, keptFolder: join(dataDirectory, "circuits") };
  const script = new URL("./prover-thread.js", import.meta.url);
  const sampler = createEmulatedSampler({
    kernel: await createSamplerKernel(),
    entropy: systemEntropy,
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
  return { segmentProver: createSegmentProver(() => startComputeThread(script, { workerData: data })), sampler };
}

async function run(options: SeedOptions): Promise<void> {
  const parameters = networks[options.network];
  const dataDirectory = resolve(options.dataDirectory);
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const log = logger(options.verbose);
  const appFolder = fileURLToPath(new URL("../app", import.meta.url));
  const files = loadStaticFiles(appFolder);
  const privateKey = await readOrMakeKeyFile(join(dataDirectory, "network.key"), networkFile, newNetworkKey);
  const identity = await readOrMakeKeyFile(join(dataDirectory, "identity.key"), identityFile, () =>
    Promise.resolve(systemEntropy.bytes(32)),
  );
  const keys = seedKeys(identity);
  const store = await openLevelStore(join(dataDirectory, "chain"));
  const pool = startComputePool(options.produceThreads, log);
  const seedNetwork = await createSeedNetwork({
    networkName: parameters.name,
    privateKey,
    peersNamed: seedLimits.bootstrapPeers,
    otherSeeds: options.otherSeeds,
    ipfsNodes: options.ipfsNodes,
    udp: options.webRtcPort === 0 ? null : { host: options.host, port: options.webRtcPort },
    log,
  });
  const { sha256 } = await createSha256Kernel();
  const work = await blockWork(join(appFolder, "circuits"), dataDirectory);
  const key = seedKey(keys, pool.nonceSearch, parameters.freeLane.stampBits);
  const node = new AetherNode(
    { ...pool, ...work, store, network: seedNetwork.network, clock: systemClock, entropy: systemEntropy, log, sha256 },
    {
      parameters,
      version: __AETHER_VERSION__,
      rewardKeyHash: keys.keyHash,
      produce: options.produceThreads > 0,
      faucet: key,
      checkpoint: options.checkpoint,
      keepsMail: true,
      ...(options.keptMebibytes > 0 ? { othersFilesBytes: options.keptMebibytes * 2 ** 20 } : {}),
    },
  );
  const started = await node.start();
  if (!started.ok) giveUp(started.message);
  if (parameters.development !== null) serveNewcomers(node, key, options, log);
  const server = await openServer(node, files, seedNetwork, options);
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await node.stop();
    await store.close();
    pool.close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop());
}

/** Opens the one port and says where the app is. */
async function openServer(
  node: AetherNode,
  files: ReturnType<typeof loadStaticFiles>,
  { bootstrap, upgrade }: SeedNetwork,
  options: SeedOptions,
): Promise<Server> {
  const tls =
    options.tls === null
      ? null
      : { certificate: readFileSync(options.tls.certificateFile), key: readFileSync(options.tls.keyFile) };
  const server = createSeedServer({
    node: node.requests,
    files,
    bootstrap,
    upgrade,
    gateway: options.gateway
      ? new GatewayServer({ node: node.requests, serving: node.resources.serving, nowMs: systemClock.nowMs })
      : null,
    nowMs: systemClock.nowMs,
    tls,
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(options.port, options.host, listening);
  });
  const { port } = server.address() as AddressInfo;
  const host = isLoopback(options.host) || options.host.includes(".") ? options.host : `[${options.host}]`;
  process.stdout.write(
    `AetherChain seed on ${options.network}, height ${node.running.chain.head.height}\n\n  Open  ${tls === null ? "http" : "https"}://${host}:${port}/\n\nCtrl-C stops it; the chain is kept in ${options.dataDirectory}\n`,
  );
  return server;
}

const invocation = parseSeedArguments(process.argv.slice(2));
if (!invocation.ok) giveUp(invocation.message);
if (invocation.value.action === "help") process.stdout.write(usage);
else if (invocation.value.action === "version") process.stdout.write(`${__AETHER_VERSION__}\n`);
else run(invocation.value.options).catch((error: unknown) => giveUp(describe(error)));
