/**
 * The node's answers to the sdk's requests. Reads only, but for `sendTransaction` and the roles.
 * @module
 */
import { equalBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { decodeBlock } from "#protocol/ledger/block.ts";
import { outputFromState } from "#protocol/ledger/overlay.ts";
import { decodePrepared, type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import { encodeStateProof, proveState } from "#protocol/ledger/state-proof.ts";
import { openedBy } from "#protocol/ledger/succession.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { readProofQueue, segmentPriceNano } from "#protocol/programs/proof-queue.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type {
  BlockSummary,
  BlockView,
  Finding,
  NodeRequests,
  NodeStatus,
  PeerView,
  PoolEntryView,
  Roles,
  StateProofView,
  TransactionView,
} from "#sdk/contract.ts";
import type { VoteSilence } from "#sdk/finality.ts";
import type { TransactionStanding } from "#sdk/standing.ts";
import type { ComputeActivity } from "./activity.ts";
import type { Chain } from "./chain.ts";
import { tightRetention } from "./chain-pruning.ts";
import { records } from "./chain-records.ts";
import type { Footing } from "./checkpoint.ts";
import type { ComputeBudget } from "./compute-budget.ts";
import { type Documents, documentRequests } from "./documents/documents.ts";
import { type DealClient, storageDealRequests } from "./files/deal-client.ts";
import { type FileBlocks, fileRequests } from "./files/file-blocks.ts";
import {
  checkpointFinding,
  finalisedHeight,
  finalityFinding,
  finalityView,
  isFinal,
  stakes,
  validators,
  voteFinding,
  votingKey,
} from "./finality-answers.ts";
import { guarded } from "./guarded.ts";
import type { HeaderEntry } from "./header-index.ts";
import { succession } from "./identity-answers.ts";
import { ipfsRequests } from "./ipfs-requests.ts";
import type { Mail } from "./mail/mail.ts";
import { mailRequests } from "./mail/mail-requests.ts";
import { leases, type MemorySource, memoryOffers, processes, processRun, receipts } from "./memory-answers.ts";
import { clockLimits, type NetworkClock } from "./network-clock.ts";
import type { NodePorts } from "./node-options.ts";
import type { DeviceDesk } from "./pairing/device-desk.ts";
import type { PeerScores } from "./peer-scores.ts";
import type { PoolService } from "./pool-service.ts";
import { type StorageFailure, slowDriftMs } from "./ports.ts";
import type { Production } from "./production.ts";
import { type ProofSource, proofJob, proofReceipt, verifyReceipt } from "./proof-answers.ts";
import type { Resources } from "./resources.ts";
import type { SegmentStatements } from "./segment-statements.ts";
import { stateDocument } from "./state-documents.ts";
import type { Sync } from "./sync.ts";
import type { SyncAnswers } from "./sync-answers.ts";
import { voteSilence } from "./voting/vote-silence.ts";
import type { Voter } from "./voting/voter.ts";

/** What the answers are read from: the node, as far as they need it. */
export interface ServedNode {
  readonly ports: Pick<NodePorts, "store" | "network" | "clock" | "nonceSearch" | "segmentVerifier">;
  readonly options: { readonly parameters: NetworkParameters; readonly version: string };
  readonly networkId: Uint8Array;
  readonly scores: PeerScores;
  readonly statements: SegmentStatements;
  readonly networkClock: NetworkClock;
  readonly startedAtMs: number;
  readonly budget: ComputeBudget;
  readonly activity: ComputeActivity;
  readonly resources: Resources;
  readonly devices: DeviceDesk;
  readonly notices: readonly string[];
  readonly progress: NodeStatus["syncing"];
  readonly mended: string | null;
  readonly failure: StorageFailure | null;
  readonly running: {
    readonly chain: Chain;
    readonly pool: PoolService;
    readonly sync: Sync;
    readonly answers: SyncAnswers;
    readonly production: Production;
    readonly voter: Voter;
    readonly footing: Footing;
    readonly mail: Mail;
    readonly files: FileBlocks;
    readonly deals: DealClient;
    readonly documents: Documents;
  };
  /** Whether rewards to this key are ours. */
  isOwn(keyHash: Uint8Array): boolean;
}

/** Most lines one list answers with. */
const mostLines = 100;

/** A head older than this many intervals deserves a word. */
const staleIntervals = 20;

function rolesOf(node: ServedNode): Roles {
  return { verify: true, produce: node.running.production.on };
}

function statusOf(node: ServedNode): NodeStatus {
  const { chain, pool, production } = node.running;
  const { network, nonceSearch } = node.ports;
  const peers = network.peers();
  const { head } = chain;
  return {
    network: node.options.parameters.name,
    networkId: node.networkId,
    peerId: network.selfId(),
    version: node.options.version,
    height: head.height,
    headHash: head.hash,
    headTimeMs: head.header.timeMs,
    headWork: head.totalWork,
    finalisedHeight: finalisedHeight(chain),
    syncing: node.progress,
    peers: peers.length,
    directPeers: peers.filter((peer) => peer.direct).length,
    unreadMessages: node.running.mail.unread,
    mempoolTransactions: pool.pool.size,
    mempoolBytes: pool.pool.sizeBytes,
    roles: rolesOf(node),
    hashesPerSecond: nonceSearch.hashesPerSecond(),
    pausedFor: node.budget.allowance().pausedFor,
    blocksProduced: production.produced,
    work: production.workView(),
    leader: true,
    startedAtMs: node.startedAtMs,
    clockOffsetMs: node.networkClock.medianOffsetMs(),
    gasPriceNano: node.options.parameters.gasPriceNano,
    stampBits: pool.pool.requiredStampBits(),
    segmentPriceNano: segmentPriceNano(readProofQueue(chain.state).length, node.options.parameters),
    notices: node.notices,
  };
}

async function summaryOf(
  node: ServedNode,
  entry: HeaderEntry,
): Promise<Result<BlockSummary & { readonly bytes: Uint8Array }>> {
  const body = await node.running.chain.reader.bodyOrWhy(entry);
  if (!body.ok) return body;
  const bytes = body.value;
  const block = decodeBlock(bytes);
  if (!block.ok) return block;
  return accepted({
    hash: entry.hash,
    height: entry.height,
    timeMs: entry.header.timeMs,
    transactions: block.value.transactions.length,
    sizeBytes: bytes.length,
    proposerKeyHash: entry.header.proposer.keyHash,
    own: node.isOwn(entry.header.proposer.keyHash),
    bytes,
  });
}

async function blocks(
  node: ServedNode,
  query: { before?: number; limit: number },
): Promise<Result<readonly BlockSummary[]>> {
  const { chain } = node.running;
  const newest = Math.min(query.before ?? chain.head.height + 1, chain.head.height + 1) - 1;
  const found: BlockSummary[] = [];
  for (let height = newest; height >= 0 && found.length < Math.min(query.limit, mostLines); height--) {
    const entry = await chain.reader.at(height);
    if (entry === undefined) continue;
    const summary = await summaryOf(node, entry);
    if (summary.ok) {
      const { bytes: _bytes, ...line } = summary.value;
      found.push(line);
      continue;
    }
    // Everything below is gone as well: a shorter list says so, an empty one says why.
    if (summary.code === "pruned") return found.length > 0 ? accepted(found) : summary;
  }
  return accepted(found);
}

async function block(node: ServedNode, id: number | Uint8Array): Promise<Result<BlockView>> {
  const { chain } = node.running;
  const entry = await (typeof id === "number" ? chain.reader.at(id) : chain.reader.find(id));
  if (entry === undefined) {
    const name = typeof id === "number" ? `at height ${id} (the newest is ${chain.head.height})` : toHex(id);
    return rejected("not-found", `There is no block ${name}.`);
  }
  const summary = await summaryOf(node, entry);
  if (!summary.ok) return summary;
  const canonical = await chain.reader.isOnChain(entry);
  const confirmations = canonical ? chain.head.height - entry.height + 1 : 0;
  const final = canonical && isFinal(chain, entry.height);
  return accepted({ ...summary.value, canonical, final, work: entry.totalWork, confirmations });
}

interface Located {
  readonly prepared: PreparedTransaction;
  readonly standing: TransactionStanding;
}

async function locate(node: ServedNode, id: Uint8Array): Promise<Located | null> {
  const { chain, pool } = node.running;
  const waiting = pool.pool.get(id);
  if (waiting !== undefined) {
    return { prepared: waiting.prepared, standing: { state: "pending", sinceMs: waiting.addedAtMs } };
  }
  const bytes = await node.ports.store.get("transactions", id);
  const place = bytes === undefined ? undefined : records.place.decode(bytes);
  if (!place?.ok) return null;
  const entry = await chain.reader.find(place.value.blockHash);
  // A snapshot may have led away from the branch it was in.
  if (entry === undefined || !(await chain.reader.isOnChain(entry))) return null;
  const body = await chain.reader.body(entry.hash);
  const decoded = body === undefined ? undefined : decodeBlock(body);
  const { blockHash, index } = place.value;
  const transaction = decoded?.ok ? decoded.value.transactions[index] : undefined;
  const prepared = transaction === undefined ? undefined : prepareTransaction(transaction);
  // The table also holds where segments were proved, under keys that nobody should take for a transaction's.
  if (prepared === undefined || !equalBytes(prepared.id, id)) return null;
  const { height } = entry;
  const confirmations = chain.head.height - height + 1;
  const final = isFinal(chain, height);
  return { prepared, standing: { state: "included", blockHash, height, index, confirmations, final } };
}

async function spentBy(
  node: ServedNode,
  input: OutPoint,
): Promise<{ amountNano: bigint; keyHash: Uint8Array | null } | null> {
  const stored = outputFromState(node.running.chain.state, input)?.output;
  const output = stored ?? (await locate(node, input.txId))?.prepared.transaction.outputs[input.index];
  if (output === undefined) return null;
  return { amountNano: output.amount, keyHash: output.lock.type === "key" ? output.lock.keyHash : null };
}

function coins(node: ServedNode, keyHash: Uint8Array) {
  const { chain, pool } = node.running;
  const all = chain.coins.coinsOf(keyHash).map((coin) => ({ ...coin, spender: pool.pool.spenderOf(coin.outPoint) }));
  const free = all
    .filter((coin) => coin.spender === undefined)
    .map(({ outPoint, output, height }) => ({ ...outPoint, amountNano: output.amount, height }))
    .sort((a, b) => a.height - b.height);
  const own = new Set(openedBy(chain.state, keyHash).map(toHex));
  let pendingNano = 0n;
  for (const { prepared } of pool.pool.best()) {
    for (const [index, { lock, amount }] of prepared.transaction.outputs.entries()) {
      const ours = lock.type === "key" && own.has(toHex(lock.keyHash));
      if (ours && pool.pool.spenderOf({ txId: prepared.id, index }) === undefined) pendingNano += amount;
    }
  }
  const beingSpent = all.flatMap(({ spender, output }) => {
    const by = spender === undefined ? undefined : fromHex(spender);
    return by === undefined ? [] : [{ amountNano: output.amount, by }];
  });
  return accepted({ coins: free, pendingNano, beingSpent, height: chain.head.height });
}

/** What is kept of old blocks, and what of it would go first if the device ran full. */
function historyFinding(node: ServedNode): Finding {
  const { head, kept: retention, reader } = node.running.chain;
  const { bodiesFrom } = reader.kept;
  const whole = head.height - bodiesFrom + 1;
  const spare = retention === null ? 0 : Math.max(0, whole - tightRetention.bodies);
  const filling = node.running.sync.historyProgress;
  const older = filling === null ? "" : `, older ones down to ${filling.to} are on their way`;
  const from = bodiesFrom === 1 ? "all blocks are kept whole" : `blocks are kept whole from ${bodiesFrom} on${older}`;
  const first =
    retention === null
      ? "none is ever forgotten"
      : spare === 0
        ? "too few to spare any if space runs out"
        : `if space runs out the ${spare} oldest of ${whole} go first, headers and keys never`;
  return { name: "history", level: "good", detail: `${from}; ${first}`, advice: "" };
}

/** What somebody without peers should know. */
const aloneAdvice =
  "Chain, coins and waiting transactions are kept here. The node keeps knocking by itself and sends what waits once somebody answers. Check the network, or whether the seed runs.";

/** Why this node's stake casts no votes. */
function silenceOf({ running, networkClock, startedAtMs, failure }: ServedNode): VoteSilence | null {
  const { chain, voter } = running;
  return voteSilence({ chain, voter, networkClock, startedAtMs, failed: failure !== null });
}

function findings(node: ServedNode): readonly Finding[] {
  const { chain } = node.running;
  const { network, clock } = node.ports;
  const peers = network.peers();
  const direct = peers.filter((peer) => peer.direct).length;
  const ageMs = clock.nowMs() - chain.head.header.timeMs;
  const { idleBlockMs } = node.options.parameters.development ?? {
    idleBlockMs: node.options.parameters.blockIntervalMs,
  };
  const offset = node.networkClock.medianOffsetMs();
  const driftMs = network.timerDriftMs();
  const finding = (name: string, good: boolean, detail: string, advice: string): Finding => ({
    name,
    level: good ? "good" : "warning",
    detail,
    advice: good ? "" : advice,
  });
  return [
    peers.length > 0
      ? finding("peers", true, `${peers.length} connected, ${direct} directly`, "")
      : finding("peers", false, "nobody is connected", aloneAdvice),
    finding(
      "timers",
      driftMs <= slowDriftMs,
      `${driftMs} ms late`,
      "The browser slows this page down, as it does with hidden tabs; peers are told. It catches up once the page is visible.",
    ),
    finding(
      "chain",
      ageMs < staleIntervals * idleBlockMs,
      `height ${chain.head.height}, newest block ${Math.round(ageMs / 1_000)} s old`,
      "No new blocks arrive: no producer is reachable. `role produce on` makes this tab one.",
    ),
    finding(
      "clock",
      !node.networkClock.isFarOff(),
      offset === null
        ? `${node.networkClock.voteCount} of ${clockLimits.leastVotes} independent peers to compare with; this device's clock counts`
        : `${offset} ms off the median of ${node.networkClock.voteCount} independent peers, ${node.networkClock.correctionMs()} ms of it corrected`,
      "Peers' time is too far from this device's to be believed, so nothing is corrected. Set this device's clock; if it is right, most of your peers lie: connect to others.",
    ),
    finalityFinding(chain),
    checkpointFinding(chain, node.running.footing.standing),
    ...voteFinding(chain, node.running.voter, silenceOf(node)),
    historyFinding(node),
    finding(
      "records",
      node.mended === null,
      node.mended ?? "all that was read at the start is whole",
      "It was mended. If it comes again, the disk may be failing: `id backup` makes a file of your keys; keep it elsewhere.",
    ),
    node.failure === null
      ? { name: "store", level: "good", detail: "every block is written before it is acknowledged", advice: "" }
      : {
          name: "store",
          level: "problem",
          detail: node.failure.message,
          advice: "Free some space, then reload this page.",
        },
  ];
}

async function transaction(node: ServedNode, id: Uint8Array): Promise<Result<TransactionView>> {
  const found = await locate(node, id);
  if (found !== null) {
    const { prepared, standing } = found;
    const spent = await Promise.all(prepared.transaction.inputs.map((input) => spentBy(node, input)));
    return accepted({ id, bytes: prepared.bytes, standing, spent });
  }
  const gone = node.running.pool.pool.obituary(id);
  if (gone === undefined) {
    const { bodiesFrom } = node.running.chain.reader.kept;
    const horizon = bodiesFrom > 1 ? ` This node keeps transactions from block ${bodiesFrom} on.` : "";
    return rejected("not-found", `No transaction ${toHex(id)} is known here.${horizon}`);
  }
  const standing: TransactionStanding = { state: "dropped", code: gone.code, message: gone.message };
  return accepted({ id, bytes: new Uint8Array(), standing, spent: [] });
}

function peerViews(node: ServedNode): readonly PeerView[] {
  const nowMs = node.ports.clock.nowMs();
  return node.ports.network.peers().map((peer) => ({
    ...peer,
    height: node.running.sync.heightOf(peer.id),
    score: -Math.round(node.scores.points(peer.id, nowMs)),
    slow: (peer.timerDriftMs ?? 0) > slowDriftMs,
  }));
}

function poolLines(node: ServedNode, limit: number): readonly PoolEntryView[] {
  const best = [...node.running.pool.pool.best()].slice(0, Math.min(limit, mostLines));
  return best.map(({ prepared, addedAtMs }) => ({
    id: prepared.id,
    command: prepared.transaction.command.type,
    feeNano: prepared.transaction.feeNano,
    sizeBytes: prepared.bytes.length,
    sinceMs: addedAtMs,
    free: prepared.transaction.feeNano === 0n,
  }));
}

function proofSource(node: ServedNode): ProofSource {
  return {
    chain: node.running.chain,
    store: node.ports.store,
    segmentVerifier: node.ports.segmentVerifier,
    statements: node.statements,
    obituary: (id) => node.running.pool.pool.obituary(id),
    locate: async (id) => {
      const found = await locate(node, id);
      return found === null ? null : { command: found.prepared.transaction.command, standing: found.standing };
    },
  };
}

function memorySource(node: ServedNode): MemorySource {
  const { chain, pool } = node.running;
  return {
    chain,
    pool: pool.pool,
    store: node.ports.store,
    locate: async (id) => {
      const found = await locate(node, id);
      return found === null ? null : { transaction: found.prepared.transaction, standing: found.standing };
    },
  };
}

function stateProof(node: ServedNode, key: Uint8Array): StateProofView {
  const { state, head } = node.running.chain;
  const proof = encodeStateProof(proveState(state, key));
  return { height: head.height, stateRoot: state.root(), value: state.get(key) ?? null, proof };
}

function setProducing(node: ServedNode, on: boolean): Result<Roles> {
  const { production } = node.running;
  if (on && production.rewardKeyHash === null) {
    return rejected("vault-missing", "Blocks pay their maker: make an identity first with `id new`.");
  }
  if (on) production.start();
  else production.stop();
  return accepted(rolesOf(node));
}

async function sendTransaction(node: ServedNode, bytes: Uint8Array): Promise<Result<Uint8Array>> {
  if (node.failure !== null) return rejected(node.failure.code, node.failure.message);
  const prepared = decodePrepared(bytes);
  return prepared.ok ? node.running.pool.add(prepared.value, null) : prepared;
}

/** Makes the request handlers of a node. */
export function createService(node: ServedNode): NodeRequests {
  return {
    ...mailRequests(() => node.running.mail),
    ...fileRequests(() => node.running.files),
    ...ipfsRequests(node.ports.network),
    ...storageDealRequests(() => node.running.deals),
    ...documentRequests(() => node.running.documents),
    ...node.devices.requests(),
    ...node.resources.requests,
    status: () => guarded(() => accepted(statusOf(node))),
    peers: () => guarded(() => accepted(peerViews(node))),
    blocks: (query) => guarded(() => blocks(node, query)),
    block: (id) => guarded(() => block(node, id)),
    transaction: (id) => guarded(() => transaction(node, id)),
    sendTransaction: (bytes) => guarded(() => sendTransaction(node, bytes)),
    mempool: ({ limit }) => guarded(() => accepted(poolLines(node, limit))),
    coins: (keyHash) => guarded(() => coins(node, keyHash)),
    succession: (keyHash) => guarded(() => accepted(succession(node.running.chain, keyHash))),
    stateProof: (key) => guarded(() => accepted(stateProof(node, key))),
    finality: () =>
      guarded(() => {
        const checkpoint = node.running.footing.standing;
        return accepted({ ...finalityView(node.running.chain), checkpoint, silence: silenceOf(node) });
      }),
    stateDocument: (key, checkpoint) =>
      guarded(() => stateDocument(node.running.chain, node.running.answers.proofs, key, checkpoint)),
    validators: () => guarded(() => accepted(validators(node.running.chain, node.running.voter))),
    stakes: (keyHash) => guarded(() => accepted(stakes(memorySource(node), keyHash))),
    votingKey: (owner) =>
      guarded(async () => accepted(await votingKey(node.running.voter, node.running.production.beaconKey, owner))),
    memoryOffers: () => guarded(() => accepted(memoryOffers(memorySource(node)))),
    leases: (keyHash, name) => guarded(() => accepted(leases(memorySource(node), keyHash, name))),
    processes: (keyHash, name) => guarded(() => accepted(processes(memorySource(node), keyHash, name))),
    receipts: (keyHash) => guarded(async () => accepted(await receipts(memorySource(node), keyHash))),
    process: (id) => guarded(() => processRun(memorySource(node), id)),
    proofJob: (id) => guarded(() => proofJob(proofSource(node), id)),
    proofReceipt: (id) => guarded(() => proofReceipt(proofSource(node), id)),
    verifyReceipt: (bytes) => guarded(() => verifyReceipt(proofSource(node), bytes)),
    setRole: (_role, on) => guarded(() => setProducing(node, on)),
    setRewardKey: (keyHash) =>
      guarded(() => {
        node.running.production.setRewardKey(keyHash);
        return accepted(null);
      }),
    activity: () => guarded(() => accepted(node.activity.view(node.running.production))),
    setCaps: (caps) => guarded(() => node.budget.setCaps(caps, node.ports.store)),
    doctor: () => guarded(() => accepted(findings(node))),
  };
}
