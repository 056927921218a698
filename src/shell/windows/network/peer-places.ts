/**
 * Where peers stand in the picture of the network: around this tab, in an order that does not change while others come and
 * go, the nearer the faster they answer.
 * @module
 */
import type { PeerView } from "#sdk/contract.ts";

/** Of the picture, in its own units. */
export const pictureSize = { width: 360, height: 240 } as const;

/** A peer and where it stands. */
export interface PlacedPeer {
  readonly peer: PeerView;
  readonly x: number;
  readonly y: number;
}

/** Distances from the middle as parts of what there is, and the latency that is drawn half way. */
const nearest = 0.45;
const halfWayMs = 80;

/** A number from 0 to 1 that a name alone determines. */
function fractionOf(name: string): number {
  let hash = 2_166_136_261;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  return hash / 4_294_967_296;
}

function distanceOf({ latencyMs }: PeerView): number {
  const share = latencyMs === null ? 1 : latencyMs / (latencyMs + halfWayMs);
  return nearest + (1 - nearest) * share;
}

/** Places all of them, with equal steps between them. */
export function peerPlaces(peers: readonly PeerView[]): readonly PlacedPeer[] {
  const inOrder = peers.toSorted((a, b) => fractionOf(a.id) - fractionOf(b.id));
  const across = pictureSize.width / 2 - 24;
  const down = pictureSize.height / 2 - 28;
  return inOrder.map((peer, i) => {
    const angle = 2 * Math.PI * (i / inOrder.length);
    const distance = distanceOf(peer);
    return {
      peer,
      x: pictureSize.width / 2 + Math.cos(angle) * across * distance,
      y: pictureSize.height / 2 + Math.sin(angle) * down * distance,
    };
  });
}
