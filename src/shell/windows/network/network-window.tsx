/**
 * The network as this tab sees it: its peers, how each is reached, and a picture of them that moves with them.
 * @module
 */
import { useCallback } from "react";
import type { PeerView } from "#sdk/contract.ts";
import { duration } from "../../format.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { text } from "../../text.ts";
import { DataTable } from "../data-table.tsx";
import { useAnswer } from "../use-answer.ts";
import { RefusalNote, SameCommand, WindowFrame, type WindowProps } from "../window-frame.tsx";
import { PeerGraph } from "./peer-graph.tsx";

const words = text.windows.networkWords;

/** Latencies and heights of peers change without an event. */
const renewEveryMs = 3_000;

function Row({ peer, nowMs }: { readonly peer: PeerView; readonly nowMs: number }) {
  return (
    <tr>
      <th scope="row">
        <code>{sanitise(peer.id).slice(-8)}</code>
      </th>
      <td>
        {peer.seed ? words.seed : words.tab}
        {peer.slow ? `, ${words.slow}` : ""}
      </td>
      <td>{peer.direct ? sanitise(peer.transport) : words.relayed(sanitise(peer.transport))}</td>
      <td className="number">{peer.latencyMs === null ? "–" : `${Math.round(peer.latencyMs)} ms`}</td>
      <td className="number">{peer.height ?? "–"}</td>
      <td className="number">{peer.score}</td>
      <td>{duration(nowMs - peer.connectedAtMs)}</td>
    </tr>
  );
}

/** The window. */
export function NetworkWindow({ client, environment, onClose }: WindowProps) {
  const ask = useCallback(() => client.peers(), [client]);
  const { value: peers, refusal } = useAnswer(client, ask, ["peers", "head"], renewEveryMs);
  const nowMs = environment.nowMs();
  return (
    <WindowFrame name="network" busy={peers === null} onClose={onClose}>
      <p>{words.lead}</p>
      <RefusalNote message={refusal?.message ?? null} />
      {peers === null ? null : (
        <>
          <PeerGraph peers={peers} />
          {peers.length === 0 ? <p role="status">{words.nobody}</p> : null}
          <DataTable caption={words.caption(peers.length)} columns={words.columns}>
            {peers.map((peer) => (
              <Row key={peer.id} peer={peer} nowMs={nowMs} />
            ))}
          </DataTable>
        </>
      )}
      <SameCommand command="peers" />
    </WindowFrame>
  );
}
