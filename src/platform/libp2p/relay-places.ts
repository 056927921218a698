/**
 * Places on other nodes' relays. A node can be introduced only by a relay on which it holds a place; holding some on the
 * tabs it knows lets peers introduce peers when the seed is gone.
 * @module
 */
import type { PeerId } from "@libp2p/interface";
import type { AetherLibp2p } from "./gossip-link.ts";

/** libp2p would dial whoever has this tag again by itself; two tabs that lose each other would do so at once (glare). */
const keepAliveTag = "keep-alive-circuit-relay";

/** The part of the relay transport that asks for places; its listeners would announce addresses nobody needs. */
interface RelayClient {
  readonly reservationStore: {
    addRelay(peer: PeerId, type: "configured"): Promise<unknown>;
    hasReservation(peer: PeerId): boolean;
    reservationCount(): number;
  };
}

interface WithTransports {
  readonly components: { readonly transportManager: { getTransports(): readonly unknown[] } };
}

function relayClient(libp2p: AetherLibp2p): RelayClient | undefined {
  return (libp2p as unknown as WithTransports).components.transportManager
    .getTransports()
    .find((one): one is RelayClient => one !== null && typeof one === "object" && "reservationStore" in one);
}

/** Asks a connected peer for a place on its relay, unless we hold one or hold `most` already; true if we hold one. */
export async function takeRelayPlace(libp2p: AetherLibp2p, peer: PeerId, most: number): Promise<boolean> {
  const store = relayClient(libp2p)?.reservationStore;
  if (store === undefined) return false;
  if (store.hasReservation(peer)) return true;
  if (store.reservationCount() >= most) return false;
  try {
    await store.addRelay(peer, "configured");
    await libp2p.peerStore.merge(peer, { tags: { [keepAliveTag]: undefined } });
    return true;
  } catch {
    // It is full, or no relay at all; others will do.
    return false;
  }
}
