/**
 * What is on its way in the window of files: lines that leave, fetch or take in files, with how far they are and a way to stop
 * them, and what was broken off, which goes on where it was.
 * @module
 */
import { useCallback } from "react";
import { type HeldFile, heldKinds } from "#protocol/files/held-file.ts";
import { cidOf } from "#protocol/files/link.ts";
import type { LeftDraft } from "#sdk/home-files.ts";
import { Line } from "../../activity/running-part.tsx";
import { bytes, duration } from "../../format.ts";
import type { RunningLine } from "../../jobs.ts";
import { quoted } from "../../language/tokens.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { useAnswer } from "../use-answer.ts";
import type { WindowProps } from "../window-frame.tsx";

const words = {
  heading: "On their way",
  came: (name: string, came: string, of: string | null, ago: string) =>
    `${name}: ${came}${of === null ? "" : ` of ${of}`} came, ${ago} ago.`,
  byLink: "A file by a link",
  goOn: "Go on",
  goOnLong: (name: string) => `Go on with ${name}`,
  forget: "Forget",
  forgetLong: (name: string) => `Forget what came of ${name}`,
  again: "The same get LINK goes on with it.",
} as const;

/** Nobody tells how far a line is, or when one leaves something. */
const renewEveryMs = 500;

/** Commands that move files. */
const moving = /^\s*(?:put|get|share|publish|save|car|cat\s+-)(?:\s|$)/;

/** Lines that have to do with files. */
export function movingFiles(lines: readonly RunningLine[]): readonly RunningLine[] {
  return lines.filter(({ line }) => moving.test(line));
}

/** A file that was broken off: which one, if it is one that its owner keeps. */
export interface BrokenOff {
  readonly tag: string;
  readonly cid: string;
  readonly name: string | null;
  readonly sizeBytes: number | null;
  readonly cameBytes: number;
  readonly touchedMs: number;
}

/** What was left of fetched files, by what the vault remembers of them. */
export function brokenOffOf(left: readonly LeftDraft[], held: readonly HeldFile[]): readonly BrokenOff[] {
  return left.flatMap(({ tag, sizeBytes: cameBytes, touchedMs }) => {
    const cid = /^get (\S+)$/.exec(tag)?.[1];
    if (cid === undefined) return [];
    const known = held.find(({ kind, digest }) => heldKinds[kind] === "kept" && cidOf(digest) === cid);
    return [{ tag, cid, name: known?.name ?? null, sizeBytes: known?.sizeBytes ?? null, cameBytes, touchedMs }];
  });
}

interface LeftProps extends Pick<WindowProps, "environment" | "enter"> {
  readonly one: BrokenOff;
  readonly renew: () => void;
}

function Left({ one, environment, enter, renew }: LeftProps) {
  const name = one.name === null ? `${words.byLink} (${one.cid.slice(0, 12)}…)` : sanitise(one.name);
  const of = one.sizeBytes === null ? null : bytes(one.sizeBytes);
  const forget = async (): Promise<void> => {
    const draft = await environment.files.draft(one.tag);
    if (draft.ok) await draft.value.discard();
    renew();
  };
  const { name: known } = one;
  return (
    <li>
      {words.came(name, bytes(one.cameBytes), of, duration(environment.nowMs() - one.touchedMs))}{" "}
      {one.sizeBytes === null ? null : <progress aria-label={name} max={one.sizeBytes} value={one.cameBytes} />}{" "}
      {known === null ? (
        words.again
      ) : (
        <button
          type="button"
          className="link"
          aria-label={words.goOnLong(name)}
          onClick={() => enter(`get ${quoted(known)}`)}
        >
          {words.goOn}
        </button>
      )}{" "}
      <button type="button" className="link" aria-label={words.forgetLong(name)} onClick={() => void forget()}>
        {words.forget}
      </button>
    </li>
  );
}

/** The part of the window; nothing while nothing is on its way. */
export function UnderWay({
  client,
  environment,
  enter,
  running,
}: Pick<WindowProps, "client" | "environment" | "enter" | "running">) {
  const askLeft = useCallback(() => environment.files.left(), [environment]);
  const askHeld = useCallback(() => client.heldFiles(), [client]);
  const { value: left, renew } = useAnswer(client, askLeft, [], renewEveryMs);
  const { value: held, refusal } = useAnswer(client, askHeld, ["vault"]);
  const lines = movingFiles(running());
  const broken = brokenOffOf(left ?? [], refusal === null ? (held ?? []) : []);
  if (lines.length + broken.length === 0) return null;
  const nowMs = environment.nowMs();
  return (
    <section aria-label={words.heading}>
      <h3>{words.heading}</h3>
      <ul className="plain">
        {lines.map((one) => (
          <Line key={`${one.id} ${one.startedMs} ${one.line}`} one={one} nowMs={nowMs} />
        ))}
        {broken.map((one) => (
          <Left key={one.tag} {...{ one, environment, enter, renew }} />
        ))}
      </ul>
    </section>
  );
}
