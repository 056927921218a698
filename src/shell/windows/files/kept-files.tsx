/**
 * Files that are kept among peers, as `ls --kept` lists them, and where they are. What changes something is entered as a
 * command in the terminal.
 * @module
 */
import { type FormEvent, useCallback, useEffect, useState } from "react";
import { type HeldFile, heldKinds } from "#protocol/files/held-file.ts";
import { untilWords } from "../../files/standing.ts";
import { bytes, dayWords } from "../../format.ts";
import { quoted } from "../../language/tokens.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { text } from "../../text.ts";
import { DataTable } from "../data-table.tsx";
import { useAnswer } from "../use-answer.ts";
import { useRun } from "../use-run.ts";
import { RefusalNote, SameCommand, type WindowProps } from "../window-frame.tsx";
import { readWhereabouts, replicaMapOf, safeties } from "./replica-map.ts";

const words = text.windows.filesWords.kept;

interface RowProps extends Pick<WindowProps, "client" | "environment" | "enter"> {
  readonly file: HeldFile;
  readonly nowMs: number;
}

const emptyAnswer = (): void => undefined;

/** Keepers come and go while the map is open; so long after an answer they are asked again. */
const whereEveryMs = 5_000;

/** Who has it now, as `get --where` says it. */
function Where({ client, environment, file }: Pick<RowProps, "client" | "environment" | "file">) {
  const { ran, run } = useRun(client, environment, emptyAnswer);
  const command = `get ${quoted(file.name)} --where`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what runs the command is another function each time.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOpen = true;
    const ask = async (): Promise<void> => {
      await run(`${command} --json`);
      if (isOpen) timer = setTimeout(() => void ask(), whereEveryMs);
    };
    void ask();
    return () => {
      isOpen = false;
      clearTimeout(timer);
    };
  }, [command]);
  const found = ran === null ? null : readWhereabouts(ran.answer);
  if (ran === null) return <p role="status">{words.map.loading}</p>;
  if (found === null) return <RefusalNote message={ran.answer} />;
  const { squares, piecesEach, counts } = replicaMapOf(found.pieceMayLeave);
  const told = counts.map(([safety, count]) => words.map.pieces(count, words.map.kinds[safety])).join("; ");
  return (
    <>
      <p>{words.map.legend}</p>
      <ul className="legend">
        {safeties.map((safety) => (
          <li key={safety}>
            <i className={`piece ${safety}`} /> {words.map.kinds[safety]}
          </li>
        ))}
      </ul>
      <div className="pieces" role="img" aria-label={told}>
        {squares.map((safety, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a square is its place.
          <i key={i} className={`piece ${safety}`} />
        ))}
      </div>
      <p>{told}.</p>
      {piecesEach > 1 && <p>{words.map.more(piecesEach)}</p>}
      <p>
        {words.map.keepers(found.keepers.length)}{" "}
        {found.keepers.map((id) => (
          <code key={id}>…{sanitise(id).slice(-8)} </code>
        ))}
      </p>
      <SameCommand command={command} />
    </>
  );
}

/** With whom, before the command asks in the terminal. */
function ShareWith({ file, enter }: Pick<RowProps, "file" | "enter">) {
  const share = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const people = (event.currentTarget.elements.namedItem("people") as HTMLInputElement).value.trim().split(/\s+/);
    const isSent = (event.currentTarget.elements.namedItem("send") as HTMLInputElement).checked;
    const named = people.filter((word) => word !== "").map((word) => ` --with ${quoted(word)}`);
    if (named.length > 0) enter(`share ${quoted(file.name)} --kept${named.join("")}${isSent ? " --send" : ""}`);
  };
  return (
    <form onSubmit={share}>
      <label>
        {words.people}
        <input name="people" required autoComplete="off" autoCapitalize="off" spellCheck={false} />
      </label>
      <label className="check">
        <input type="checkbox" name="send" defaultChecked /> {words.send}
      </label>
      <button type="submit">{words.share}</button>
    </form>
  );
}

function Row({ client, environment, file, nowMs, enter }: RowProps) {
  const [open, setOpen] = useState<"where" | "share" | null>(null);
  const name = sanitise(file.name);
  const typed = quoted(file.name);
  const isPinned = file.pinnedUntilMs > nowMs;
  const actions: readonly (readonly [word: string, label: string, command: string])[] = [
    [words.get, words.getLong(name), `get ${typed}`],
    [words.share, words.shareLong(name), `share ${typed} --kept`],
    isPinned
      ? [words.unpin, words.unpinLong(name), `unpin ${typed}`]
      : [words.pin, words.pinLong(name), `pin ${typed}`],
    [text.windows.filesWords.remove, words.removeLong(name), `rm ${typed} --kept`],
  ];
  const openers = [
    ["share", words.shareWith, words.shareWithLong(name)],
    ["where", words.where, words.whereLong(name)],
  ] as const;
  return (
    <>
      <tr>
        <th scope="row">{name}</th>
        <td className="number">{bytes(file.sizeBytes)}</td>
        <td title={untilWords(file, nowMs)}>{untilWords(file, nowMs, dayWords)}</td>
      </tr>
      <tr>
        <td className="wraps" colSpan={3}>
          {actions.map(([word, label, command]) => (
            <span key={command}>
              <button type="button" className="link" aria-label={label} onClick={() => enter(command)}>
                {word}
              </button>{" "}
            </span>
          ))}
          {openers.map(([what, word, label]) => (
            <span key={what}>
              <button
                type="button"
                className="link"
                aria-label={label}
                aria-expanded={open === what}
                onClick={() => setOpen(open === what ? null : what)}
              >
                {word}
              </button>{" "}
            </span>
          ))}
        </td>
      </tr>
      {open !== null && (
        <tr>
          <td colSpan={3} className="wraps">
            {open === "where" ? <Where {...{ client, environment, file }} /> : <ShareWith {...{ file, enter }} />}
          </td>
        </tr>
      )}
    </>
  );
}

/** The part of the window. */
export function KeptFiles({ client, environment, enter }: Pick<WindowProps, "client" | "environment" | "enter">) {
  const ask = useCallback(() => client.heldFiles(), [client]);
  const { value, refusal } = useAnswer(client, ask, ["vault"]);
  const kept = refusal === null ? value?.filter(({ kind }) => heldKinds[kind] === "kept") : undefined;
  const nowMs = environment.nowMs();
  const isWithoutKeys = refusal?.code === "vault-missing";
  return (
    <section>
      <h3>{words.heading}</h3>
      <p>{words.lead}</p>
      {refusal !== null && (
        <p>
          {isWithoutKeys ? words.noKeys : words.locked}{" "}
          <button type="button" className="link" onClick={() => enter(isWithoutKeys ? "id new" : "ls --kept")}>
            {isWithoutKeys ? words.makeKeys : words.unlock}
          </button>
        </p>
      )}
      {kept?.length === 0 && <p>{words.none}</p>}
      {kept !== undefined && kept.length > 0 && (
        <DataTable caption={words.caption(kept.length)} columns={words.columns}>
          {kept.map((file) => (
            <Row key={file.name} {...{ client, environment, file, nowMs, enter }} />
          ))}
        </DataTable>
      )}
      <SameCommand command="ls --kept" />
    </section>
  );
}
