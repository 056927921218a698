/**
 * A picture of the peers: this tab in the middle, the faster a peer answers the nearer it stands.
 * @module
 */
import type { PeerView } from "#sdk/contract.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { text } from "../../text.ts";
import { type PlacedPeer, peerPlaces, pictureSize } from "./peer-places.ts";

const words = text.windows.networkWords;

/** More than these are told in the table alone. */
const mostDrawn = 32;

function Node({ peer, x, y }: PlacedPeer) {
  const name = sanitise(peer.id).slice(-4);
  return (
    <g className={peer.seed ? "peer seed" : "peer"}>
      {peer.seed ? <rect x={x - 7} y={y - 7} width={14} height={14} /> : <circle cx={x} cy={y} r={7} />}
      <text x={x} y={y + 20}>
        {name}
      </text>
    </g>
  );
}

/** The picture. */
export function PeerGraph({ peers }: { readonly peers: readonly PeerView[] }) {
  const placed = peerPlaces(peers.slice(0, mostDrawn));
  const middle = { x: pictureSize.width / 2, y: pictureSize.height / 2 };
  const direct = peers.filter((peer) => peer.direct).length;
  return (
    <figure>
      <svg
        className="graph"
        viewBox={`0 0 ${pictureSize.width} ${pictureSize.height}`}
        role="img"
        aria-label={words.picture(peers.length, direct)}
      >
        {placed.map(({ peer, x, y }) => (
          <line
            key={peer.id}
            className={peer.direct ? "direct" : "relayed"}
            x1={middle.x}
            y1={middle.y}
            x2={x}
            y2={y}
          />
        ))}
        {placed.map((place) => (
          <Node key={place.peer.id} {...place} />
        ))}
        <g className="self">
          <circle cx={middle.x} cy={middle.y} r={10} />
          <text x={middle.x} y={middle.y + 24}>
            {words.self}
          </text>
        </g>
      </svg>
      <figcaption>{words.legend}</figcaption>
    </figure>
  );
}
