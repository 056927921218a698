/**
 * What is under way in the window of activity: the chain that is taken in, and lines that run in the terminal, each with how
 * far it is and a way to stop it.
 * @module
 */
import { useCallback, useRef } from "react";
import { duration } from "../format.ts";
import type { RunningLine } from "../jobs.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { text } from "../text.ts";
import { useAnswer } from "../windows/use-answer.ts";
import type { WindowProps } from "../windows/window-frame.tsx";
import { lineProgress, type Progress, type SyncStart, syncProgress } from "./progress.ts";

const words = text.activity.running;

/** The node is asked how far it is that often. */
const renewEveryMs = 1_000;

function Bar({ name, progress: { share, leftMs } }: { readonly name: string; readonly progress: Progress }) {
  return (
    <>
      {share === null ? null : <progress aria-label={name} max={1} value={share} />}
      {leftMs === null ? null : <small>{words.left(duration(leftMs))}</small>}
    </>
  );
}

/** The chain, while there is more of it than is here. */
function Sync({ client, environment }: Pick<WindowProps, "client" | "environment">) {
  const ask = useCallback(() => client.status(), [client]);
  const { value } = useAnswer(client, ask, ["sync", "head"], renewEveryMs);
  const start = useRef<SyncStart | null>(null);
  if (value === null) return null;
  const nowMs = environment.nowMs();
  const { syncing, height } = value;
  if (syncing === null) {
    start.current = null;
    return <p>{words.inStep(height)}</p>;
  }
  start.current ??= { atMs: nowMs, height: syncing.current };
  const { perSecond, ...progress } = syncProgress(syncing, start.current, nowMs);
  return (
    <p>
      {words.sync(syncing.current, syncing.target, perSecond)} <Bar name={words.syncName} progress={progress} />
    </p>
  );
}

/** A line that runs, with a way to stop it. */
export function Line({ one, nowMs }: { readonly one: RunningLine; readonly nowMs: number }) {
  const name = sanitise(one.line);
  const where = one.isBehind ? words.behind(one.id) : words.inFront;
  return (
    <li>
      <code>{name}</code>{" "}
      <span>
        {where}, {words.since(duration(nowMs - one.startedMs))}
      </span>{" "}
      {one.progress === null ? null : <span>{sanitise(one.progress)}</span>}{" "}
      <Bar name={name} progress={lineProgress(one, nowMs)} />{" "}
      <button type="button" className="stop" aria-label={words.stopLong(name)} onClick={() => one.stop()}>
        {words.stop}
      </button>{" "}
      <code>{one.isBehind ? `kill ${one.id}` : "Ctrl-C"}</code>
    </li>
  );
}

/** The part of the window. */
export function RunningPart({ client, environment, running }: Pick<WindowProps, "client" | "environment" | "running">) {
  const lines = running();
  const nowMs = environment.nowMs();
  return (
    <section aria-label={words.heading}>
      <h3>{words.heading}</h3>
      <Sync client={client} environment={environment} />
      {lines.length === 0 ? (
        <p>{words.none}</p>
      ) : (
        <ul className="plain">
          {lines.map((one) => (
            <Line key={`${one.id} ${one.startedMs} ${one.line}`} one={one} nowMs={nowMs} />
          ))}
        </ul>
      )}
    </section>
  );
}
