/**
 * The files kept in this browser: what there is, folder by folder, what can be shown of one, a copy of one, one more; and
 * those kept among peers. What deletes or leaves something with others is asked in the terminal.
 * @module
 */
import { type FormEvent, useCallback, useState } from "react";
import { type HomeFile, pathProblem } from "#sdk/home-files.ts";
import { bytes, duration } from "../../format.ts";
import { quoted } from "../../language/tokens.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { text } from "../../text.ts";
import { DataTable } from "../data-table.tsx";
import { useAnswer } from "../use-answer.ts";
import { useRun } from "../use-run.ts";
import { LastCommand, RefusalNote, SameCommand, WindowFrame, type WindowProps } from "../window-frame.tsx";
import { type FolderView, folderAt, nameIn, viewOf, wayTo } from "./folders.ts";
import { KeptFiles } from "./kept-files.tsx";
import { Preview } from "./preview.tsx";
import { UnderWay } from "./under-way.tsx";
import "./files.css";

const words = text.windows.filesWords;

/** Nobody tells when a file changes; the list is short. */
const renewEveryMs = 2_000;

interface RowProps {
  readonly file: HomeFile;
  readonly nowMs: number;
  readonly isShown: boolean;
  readonly show: (path: string | null) => void;
  readonly run: (command: string) => void;
  readonly enter: (command: string) => void;
}

function Row({ file, nowMs, isShown, show, run, enter }: RowProps) {
  const path = quoted(file.path);
  const name = sanitise(file.path);
  return (
    <tr>
      <th scope="row">
        <button type="button" className="link" aria-expanded={isShown} onClick={() => show(isShown ? null : file.path)}>
          {sanitise(nameIn(file.path))}
        </button>
      </th>
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

interface FolderProps {
  readonly folder: string;
  readonly go: (folder: string) => void;
}

/** The way to the folder that is shown, each step a button back. */
function Way({ folder, go }: FolderProps) {
  if (folder === "") return null;
  return (
    <nav aria-label={words.way} className="way">
      <button type="button" className="link" onClick={() => go("")}>
        {words.top}
      </button>
      {wayTo(folder).map(([name, at]) => (
        <span key={at}>
          {" / "}
          {at === folder ? (
            <strong aria-current="page">{sanitise(name)}</strong>
          ) : (
            <button type="button" className="link" onClick={() => go(at)}>
              {sanitise(name)}
            </button>
          )}
        </span>
      ))}
    </nav>
  );
}

/** Folders in the folder that is shown. */
function FolderRows({ folder, go, folders }: FolderProps & Pick<FolderView, "folders">) {
  return folders.map(({ name, files, sizeBytes }) => (
    <tr key={`${name}/`}>
      <th scope="row">
        <button type="button" className="link" onClick={() => go(folder === "" ? name : `${folder}/${name}`)}>
          {sanitise(name)}/
        </button>
      </th>
      <td className="wraps" colSpan={3}>
        {words.folder(files, bytes(sizeBytes))}
      </td>
    </tr>
  ));
}

function TakeIn({ folder, enter }: { readonly folder: string; readonly enter: (command: string) => void }) {
  const before = folder === "" ? "" : `${folder}/`;
  const takeIn = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem("path") as HTMLInputElement;
    const problem = pathProblem(before + field.value);
    field.setCustomValidity(problem ?? "");
    if (problem === null) enter(`cat - > ${quoted(before + field.value)}`);
    else field.reportValidity();
  };
  return (
    <form onSubmit={takeIn}>
      <label htmlFor="files-path">{words.takeInAs}</label>
      <div className="row">
        {before === "" ? null : <code>{sanitise(before)}</code>}
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
export function FilesWindow({ client, environment, at, go, enter, running, onClose }: WindowProps) {
  const ask = useCallback(() => environment.files.list(), [environment]);
  const { value: files, refusal, renew } = useAnswer(client, ask, [], renewEveryMs);
  const { ran, run } = useRun(client, environment, renew);
  const [shown, show] = useState<string | null>(null);
  const folder = folderAt(at);
  const view = files === null ? null : viewOf(files, folder);
  const preview = view?.files.find(({ path }) => path === shown);
  const nowMs = environment.nowMs();
  const isEmpty = view === null || view.files.length + view.folders.length === 0;
  return (
    <WindowFrame name="files" busy={files === null} onClose={onClose}>
      <p>{words.lead}</p>
      <RefusalNote message={refusal?.message ?? null} />
      <LastCommand ran={ran} />
      <UnderWay {...{ client, environment, enter, running }} />
      <Way {...{ folder, go }} />
      {isEmpty ? (
        <p>{view === null ? text.windows.loading : folder === "" ? words.none : words.noneHere}</p>
      ) : (
        <DataTable caption={words.caption(view.files.length)} columns={words.columns}>
          <FolderRows {...{ folder, go }} folders={view.folders} />
          {view.files.map((file) => (
            <Row key={file.path} isShown={file.path === shown} {...{ file, nowMs, show, run, enter }} />
          ))}
        </DataTable>
      )}
      {preview === undefined ? null : <Preview environment={environment} file={preview} />}
      <TakeIn {...{ folder, enter }} />
      <KeptFiles {...{ client, environment, enter }} />
      <SameCommand command="ls" />
    </WindowFrame>
  );
}
