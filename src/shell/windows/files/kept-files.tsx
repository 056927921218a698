/**
 * Files that are kept among peers, as `ls --kept` lists them. Every button enters its command in the terminal.
 * @module
 */
import { useCallback } from "react";
import { type HeldFile, heldKinds } from "#protocol/files/held-file.ts";
import { untilWords } from "../../files/standing.ts";
import { bytes, dayWords } from "../../format.ts";
import { quoted } from "../../language/tokens.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { text } from "../../text.ts";
import { DataTable } from "../data-table.tsx";
import { useAnswer } from "../use-answer.ts";
import { SameCommand, type WindowProps } from "../window-frame.tsx";

const words = text.windows.filesWords.kept;

interface RowProps {
  readonly file: HeldFile;
  readonly nowMs: number;
  readonly enter: (command: string) => void;
}

function Row({ file, nowMs, enter }: RowProps) {
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
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="number">{bytes(file.sizeBytes)}</td>
      <td title={untilWords(file, nowMs)}>{untilWords(file, nowMs, dayWords)}</td>
      <td className="wraps">
        {actions.map(([word, label, command]) => (
          <span key={command}>
            <button type="button" className="link" aria-label={label} onClick={() => enter(command)}>
              {word}
            </button>{" "}
          </span>
        ))}
      </td>
    </tr>
  );
}

/** The part of the window. */
export function KeptFiles({ client, environment, enter }: Pick<WindowProps, "client" | "environment" | "enter">) {
  const ask = useCallback(() => client.heldFiles(), [client]);
  const { value, refusal } = useAnswer(client, ask, ["vault"]);
  const kept = refusal === null ? value?.filter(({ kind }) => heldKinds[kind] === "kept") : undefined;
  const nowMs = environment.nowMs();
  return (
    <section>
      <h3>{words.heading}</h3>
      <p>{words.lead}</p>
      {refusal !== null && (
        <p>
          {words.locked}{" "}
          <button type="button" className="link" onClick={() => enter("ls --kept")}>
            {words.unlock}
          </button>
        </p>
      )}
      {kept?.length === 0 && <p>{words.none}</p>}
      {kept !== undefined && kept.length > 0 && (
        <DataTable caption={words.caption(kept.length)} columns={words.columns}>
          {kept.map((file) => (
            <Row key={file.name} {...{ file, nowMs, enter }} />
          ))}
        </DataTable>
      )}
      <SameCommand command="ls --kept" />
    </section>
  );
}
