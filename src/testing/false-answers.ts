/**
 * Peers that answer what they should not: honest nodes whose answers are changed on the way out, and a forger who has made
 * headers with real work over a state of its own, in which the voters are its own.
 * @module
 */
import { type NetworkHandlers, protocols } from "#node/ports.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { signersOf, type VoteAggregate } from "#protocol/consensus/certificate.ts";
import { type Header, headerHash } from "#protocol/consensus/header.ts";
import { type ElectorateProof, proveElectorate } from "#protocol/consensus/light-finality.ts";
import { firstEpochOf, secondRoundOf, voteDigest } from "#protocol/consensus/votes.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import { Snapshot } from "#protocol/ledger/snapshot.ts";
import type { StateTree } from "#protocol/ledger/state-tree.ts";
import { decodeSyncRequest, type SyncRequest, syncAnswers } from "#protocol/messages/sync.ts";
import { newSeat, voterWrites } from "#protocol/programs/stake.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Chain } from "../node/chain.ts";
import { workBytes } from "../node/chain-records.ts";
import { FinalityProofs } from "../node/finality-proofs.ts";
import { BlockMaker, type MadeBlock } from "./block-maker.ts";
import { emulatedVotes } from "./emulated-votes.ts";
import { testKey } from "./ledger-fixtures.ts";
import type { SimulatedNode, Simulation } from "./simulator.ts";
import { voterStakeNano } from "./voting-fixtures.ts";

/** Lets a node's answers to some requests go wrong, as a villain's would. */
export function corrupt(
  villain: SimulatedNode,
  change: (request: SyncRequest, answer: Result<Uint8Array>) => Result<Uint8Array>,
): void {
  const inner = villain.network as unknown as { handlers: NetworkHandlers };
  const { handlers } = inner;
  inner.handlers = {
    ...handlers,
    onGossip: (...args) => handlers.onGossip(...args),
    onPeerConnected: (peer) => handlers.onPeerConnected(peer),
    onPeerDisconnected: (peerId) => handlers.onPeerDisconnected(peerId),
    onRequest: async (peerId, protocol, request) => {
      const answer = await handlers.onRequest(peerId, protocol, request);
      const decoded = decodeSyncRequest(request);
      return decoded.ok ? change(decoded.value, answer) : answer;
    },
  };
}

/** What a forger shows. */
interface Forgery {
  /** From the block after the fork on. */
  readonly headers: readonly Header[];
  readonly snapshotHeight: number;
  readonly state: StateTree;
  readonly decision: VoteAggregate;
}

/** A state in which the forger is the only voter. */
function forgedState(honest: StateTree, key: Uint8Array): StateTree {
  const own = newSeat({ key, owner: testKey(66).keyHash, beaconKey: testKey(66).keyHash }, 0, voterStakeNano, 1);
  const seat = { ...own, activeNano: voterStakeNano, previousNano: voterStakeNano };
  const writes = voterWrites(honest, [seat]);
  return honest.update(writes);
}

/** Headers with real work on a block of an honest chain; all of them name the forger's state. */
async function forge(simulation: Simulation, honest: Chain, forkHeight: number, count: number): Promise<Forgery> {
  const { parameters } = simulation;
  const { networkId } = honest.context;
  const entry = honest.index.at(forkHeight);
  const forkState = await honest.stateAt(forkHeight);
  if (entry === undefined || forkState === null) throw new Error("the chain cannot go back to the fork");
  const secret = emulatedVotes.secretFrom(new Uint8Array(32).fill(66));
  const key = emulatedVotes.keyOf(secret);
  const state = forgedState(forkState, key);
  const maker = new BlockMaker({ parameters, networkId, signatures: new SignatureCache() });
  const block = { header: entry.header, transactions: [], work: null, certificate: null };
  const made: MadeBlock[] = [
    { block, hash: entry.hash, height: forkHeight, state: forkState, beaconValue: entry.beaconValue },
  ];
  for (let i = 0; i < count; i++)
    made.push(maker.make(made.at(-1) as MadeBlock, [], testKey(66), { stateRoot: state.root() }));
  const headers = made.slice(1).map((one) => one.block.header);
  const snapshot = made[made.length >> 1] as MadeBlock;
  const link = secondRoundOf({ epoch: firstEpochOf(snapshot.height), hash: snapshot.hash });
  const signature = await emulatedVotes.sign(secret, voteDigest(networkId, link));
  const decision = { link, signers: signersOf([0]), signature };
  return { headers, snapshotHeight: snapshot.height, state, decision };
}

/**
 * Joins as a peer that shows a forged chain: `count` headers from the block after `forkHeight` of an honest one. It answers
 * when `before` is over.
 */
export async function joinForger(
  simulation: Simulation,
  name: string,
  honest: Chain,
  forkHeight: number,
  count: number,
  before: (request: SyncRequest, peerId: string) => Promise<unknown> = async () => undefined,
): Promise<{ readonly stateRoot: Uint8Array }> {
  const forgery = await forge(simulation, honest, forkHeight, count);
  const prefix = await honest.reader.headersAfter([honest.index.genesis.hash], forkHeight);
  const headers = [...prefix, ...forgery.headers];
  const hashes = new Map(headers.map((header, i) => [toHex(headerHash(header)), i]));
  const snapshot = new Snapshot(forgery.state);
  const proofs = new FinalityProofs(honest);
  const answer = async (request: SyncRequest): Promise<Result<Uint8Array>> => {
    const nowMs = simulation.clock.nowMs();
    switch (request.type) {
      case "status": {
        const status = {
          networkId: honest.context.networkId,
          head: headerHash(headers.at(-1) as Header),
          height: headers.length,
          totalWork: workBytes(honest.head.totalWork << 8n),
          bodiesFrom: headers.length,
          justifiedEpoch: 0,
          finalisedHeight: 0,
        };
        return accepted(syncAnswers.status.encode({ status, receivedAtMs: nowMs, sentAtMs: nowMs }));
      }
      case "headers": {
        const known = request.locator.map((hash) => hashes.get(toHex(hash))).find((i) => i !== undefined);
        const from = known === undefined ? 0 : known + 1;
        return accepted(syncAnswers.headers.encode(headers.slice(from, from + request.count)));
      }
      case "snapshots": {
        const header = headers[forgery.snapshotHeight - 1] as Header;
        return accepted(syncAnswers.snapshots.encode([{ block: headerHash(header), height: header.height }]));
      }
      case "snapshot-plan":
        return accepted(syncAnswers["snapshot-plan"].encode(snapshot.plan));
      case "snapshot-part":
        return accepted(syncAnswers["snapshot-part"].encode(snapshot.part(request.part) ?? []));
      case "electorate": {
        const ours = (hashes.get(toHex(request.block)) ?? -1) >= forkHeight;
        const proof: Result<ElectorateProof> = ours
          ? accepted(proveElectorate(forgery.state))
          : await proofs.electorate(request.block);
        return proof.ok ? accepted(syncAnswers.electorate.encode(proof.value)) : proof;
      }
      case "decision":
        return accepted(syncAnswers.decision.encode({ finalised: forgery.decision }));
      default:
        return rejected("not-found", "The forger has nothing of the kind.");
    }
  };
  await simulation.web.join(name).start({
    onGossip: async () => "ignore" as const,
    onRequest: async (peerId, protocol, bytes) => {
      const decoded = decodeSyncRequest(bytes);
      if (protocol !== protocols.sync || !decoded.ok) return rejected("not-found", "No.");
      await before(decoded.value, peerId);
      return answer(decoded.value);
    },
    onPeerConnected: () => undefined,
    onPeerDisconnected: () => undefined,
  });
  return { stateRoot: forgery.state.root() };
}
