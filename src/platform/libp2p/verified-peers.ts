/**
 * Peers that count: those of whose connections at least one has carried an echo. A peer may have several connections;
 * a direct one is preferred.
 * @module
 */
import type { Connection } from "@libp2p/interface";
import type { PeerInfo } from "#node/ports.ts";

/** A connection that has carried an echo. */
export interface VerifiedConnection {
  readonly connection: Connection;
  latencyMs: number;
  /** Echoes in a row that did not come back. */
  missedEchoes: number;
  readonly sinceMs: number;
}

/** Which kind of transport a connection's address names. */
export function transportOf(address: string): PeerInfo["transport"] {
  if (address.includes("/webrtc-direct")) return "webrtc-direct";
  if (address.includes("/webrtc")) return "webrtc";
  return address.includes("/p2p-circuit") ? "relay" : "websocket";
}

/** The table of verified connections. */
export class VerifiedPeers {
  private readonly byPeer = new Map<string, VerifiedConnection[]>();
  private readonly driftsMs = new Map<string, number>();

  /** Adds a connection; true if it makes its peer count. */
  add(connection: Connection, latencyMs: number, nowMs: number): boolean {
    const id = connection.remotePeer.toString();
    const connections = this.byPeer.get(id) ?? [];
    connections.push({ connection, latencyMs, missedEchoes: 0, sinceMs: nowMs });
    this.byPeer.set(id, connections);
    return connections.length === 1;
  }

  /** Takes a closed connection out; true if its peer no longer counts. */
  remove(connection: Connection): boolean {
    const id = connection.remotePeer.toString();
    const before = this.byPeer.get(id);
    if (before === undefined) return false;
    const rest = before.filter((one) => one.connection !== connection);
    if (rest.length > 0) this.byPeer.set(id, rest);
    else {
      this.byPeer.delete(id);
      this.driftsMs.delete(id);
    }
    return rest.length === 0;
  }

  has(peerId: string): boolean {
    return this.byPeer.has(peerId);
  }

  /** The connection to use for a peer. */
  best(peerId: string): VerifiedConnection | undefined {
    const connections = this.byPeer.get(peerId) ?? [];
    return connections.find(({ connection }) => connection.limits === undefined) ?? connections[0];
  }

  /** Whether a peer is reached without a relay. */
  isDirect(peerId: string): boolean {
    return this.best(peerId)?.connection.limits === undefined && this.has(peerId);
  }

  /**
   * Direct connections to a peer that we dialled and that it can do without: kept is the oldest of those that the higher
   * id dialled, or of all if it dialled none. Only who dialled one closes it, so the two sides never close both.
   */
  surplus(peerId: string, selfId: string): readonly Connection[] {
    const direct = (this.byPeer.get(peerId) ?? [])
      .map(({ connection }) => connection)
      .filter(({ limits }) => limits === undefined);
    const ours = direct.filter(({ direction }) => direction === "outbound");
    const theirs = direct.length - ours.length;
    return selfId < peerId && theirs > 0 ? ours : ours.slice(1);
  }

  /** Every verified connection. */
  *all(): Generator<VerifiedConnection> {
    for (const connections of [...this.byPeer.values()]) yield* connections;
  }

  /** Notes how late a peer says its timers are. */
  noteDrift(peerId: string, driftMs: number): void {
    if (this.has(peerId)) this.driftsMs.set(peerId, driftMs);
  }

  /** What the node is told of a peer. */
  info(id: string, isSeed: (peerId: string) => boolean): PeerInfo | undefined {
    const best = this.best(id);
    if (best === undefined) return undefined;
    const { connection, latencyMs, sinceMs } = best;
    const address = connection.remoteAddr.toString();
    const direct = connection.limits === undefined;
    return {
      id,
      transport: direct ? transportOf(address) : "relay",
      direct,
      direction: connection.direction,
      latencyMs,
      seed: isSeed(id),
      address,
      connectedAtMs: sinceMs,
      timerDriftMs: this.driftsMs.get(id) ?? null,
    };
  }

  /** All peers, as the node is told of them. */
  infos(isSeed: (peerId: string) => boolean): readonly PeerInfo[] {
    return [...this.byPeer.keys()].flatMap((id) => this.info(id, isSeed) ?? []);
  }
}
