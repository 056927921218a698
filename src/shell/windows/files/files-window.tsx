/**
 * The files kept in this browser: what there is, a copy of one, one more; and those kept among peers. What deletes or leaves
 * something with others is asked in the terminal.
 * @module
 */
import { type FormEvent, useCallback } from "react";
import { type HomeFile, pathProblem } from "#sdk/home-files.ts";
import { bytes, duration } from "../../format.ts";
import { quoted } from "../../language/tokens.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { text } from "../../text.ts";
import { DataTable } from "../data-table.tsx";
import { useAnswer } from "../use-answer.ts";
import { useRun } from "../use-run.ts";
import { LastCommand, RefusalNote, SameCommand, WindowFrame, type WindowProps } from "../window-frame.tsx";
import { KeptFiles } from "./kept-files.tsx";

const words = text.windows.filesWords;

/** Nobody tells when a file changes; the list is short. */
const renewEveryMs = 2_000;

interface RowProps {
  readonly file: HomeFile;
  readonly nowMs: number;
  readonly run: (command: string) => void;
  readonly enter: (command: string) => void;
}

function Row({ file, nowMs, run, enter }: RowProps) {
  const path = quoted(file.path);
  const name = sanitise(file.path);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="number">{bytes(file.sizeBytes)}</td>
      <td>{duration(nowMs - file.changedMs)}</td>
      <td>
        <button type="button" className="link" aria-label={words.saveLong(name)} onClick={() => run(`save ${path}`)}>
          {words.save}
        </button>{" "}
        <button type="button" className="link" aria-label={words.putLong(name)} onClick={() => enter(`put ${path}`)}>
          {words.put}
        </button>{" "}
        <button type="button" className="link" aria-label={words.removeLong(name)} onClick={() => enter(`rm ${path}`)}>
          {words.remove}
        </button>
      </td>
    </tr>
  );
}

function TakeIn({ enter }: { readonly enter: (command: string) => void }) {
  const takeIn = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem("path") as HTMLInputElement;
    const problem = pathProblem(field.value);
    field.setCustomValidity(problem ?? "");
    if (problem === null) enter(`cat - > ${quoted(field.value)}`);
    else field.reportValidity();
  };
  return (
    <form onSubmit={takeIn}>
      <label htmlFor="files-path">{words.takeInAs}</label>
      <div className="row">
        <input
          id="files-path"
          name="path"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          onInput={(event) => event.currentTarget.setCustomValidity("")}
        />
        <button type="submit">{words.takeIn}</button>
      </div>
      <small>{words.drop}</small>
    </form>
  );
}

/** The window. */
export function FilesWindow({ client, environment, enter, onClose }: WindowProps) {
  const ask = useCallback(() => environment.files.list(), [environment]);
  const { value: files, refusal, renew } = useAnswer(client, ask, [], renewEveryMs);
  const { ran, run } = useRun(client, environment, renew);
  const nowMs = environment.nowMs();
  return (
    <WindowFrame name="files" busy={files === null} onClose={onClose}>
      <p>{words.lead}</p>
      <RefusalNote message={refusal?.message ?? null} />
      <LastCommand ran={ran} />
      {files === null || files.length === 0 ? (
        <p>{files === null ? text.windows.loading : words.none}</p>
      ) : (
        <DataTable caption={words.caption(files.length)} columns={words.columns}>
          {files.map((file) => (
            <Row key={file.path} {...{ file, nowMs, run, enter }} />
          ))}
        </DataTable>
      )}
      <TakeIn enter={enter} />
      <KeptFiles {...{ client, environment, enter }} />
      <SameCommand command="ls" />
    </WindowFrame>
  );
}
