/**
 * Documents: a list of those there are, and one that is open. What invites, and what forgets, is asked in the terminal.
 * @module
 */
import { type ComponentProps, type FormEvent, lazy, Suspense, useCallback, useState } from "react";
import { accepted, type Result } from "#protocol/result.ts";
import type { Client, VaultStatus } from "#sdk/contract.ts";
import type { DocumentView } from "#sdk/documents.ts";
import { text } from "../../text.ts";
import { useAnswer } from "../use-answer.ts";
import { RefusalNote, SameCommand, WindowFrame, type WindowProps } from "../window-frame.tsx";
import type { OpenDocument } from "./document-view.tsx";
import { documentWords as words } from "./document-words.ts";

/** The editor is large, and is fetched when a document is first opened. */
const LateDocument = lazy(() =>
  import("./document-view.tsx").then(
    ({ OpenDocument: component }) => ({ default: component }),
    () => ({ default: (_: ComponentProps<typeof OpenDocument>) => <p role="alert">{words.missing}</p> }),
  ),
);

/** What may change what it shows. */
const renewing = ["vault"] as const;

interface Shown {
  readonly vault: VaultStatus;
  /** None while the vault is locked. */
  readonly documents: readonly DocumentView[];
}

async function load(client: Client): Promise<Result<Shown>> {
  const vault = await client.vaultStatus();
  if (!vault.ok) return vault;
  if (!vault.value.unlocked) return accepted({ vault: vault.value, documents: [] });
  const documents = await client.documents();
  return documents.ok ? accepted({ vault: vault.value, documents: documents.value }) : documents;
}

/** Keys first. */
function Closed({ vault, enter }: { readonly vault: VaultStatus } & Pick<WindowProps, "enter">) {
  const command = vault.exists ? "id unlock" : "id new";
  return (
    <>
      <p>{vault.exists ? words.locked : words.noKeys}</p>
      <button type="button" className="start" onClick={() => enter(command)}>
        {vault.exists ? words.unlock : words.makeKeys} <code>{command}</code>
      </button>
    </>
  );
}

type ListProps = Pick<WindowProps, "client" | "go"> & {
  readonly documents: readonly DocumentView[];
  readonly renew: () => void;
};

function List({ client, documents, go, renew }: ListProps) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const make = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    const known = documents.find((one) => one.name === name);
    if (known !== undefined) return go(known.name);
    void client.makeDocument(name).then((made) => {
      setRefusal(made.ok ? null : made.message);
      if (!made.ok) return;
      renew();
      go(made.value.name);
    });
  };
  return (
    <>
      <p>{words.lead}</p>
      {documents.length === 0 ? (
        <p>{words.none}</p>
      ) : (
        <>
          <h3>{words.list}</h3>
          <ul className="plain">
            {documents.map(({ name }) => (
              <li key={name}>
                <button type="button" className="talk-with" onClick={() => go(name)}>
                  <bdi>{name}</bdi>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      <form onSubmit={make}>
        <label htmlFor="documents-name">{words.name}</label>
        <div className="row">
          <input id="documents-name" name="name" autoComplete="off" autoCapitalize="off" spellCheck={false} />
          <button type="submit">{words.make}</button>
        </div>
        <RefusalNote message={refusal} />
      </form>
      <SameCommand command="edit NAME" />
    </>
  );
}

/** The window. */
export function DocumentsWindow({ client, at, go, enter, onClose }: WindowProps) {
  const ask = useCallback(() => load(client), [client]);
  const { value, refusal, renew } = useAnswer(client, ask, renewing);
  const chosen = value?.documents.find(({ name }) => name === at);
  const isOpen = value?.vault.unlocked === true;
  return (
    <WindowFrame name="documents" busy={value === null} onClose={onClose}>
      <RefusalNote message={refusal?.message ?? null} />
      {value === null ? <p>{text.windows.loading}</p> : isOpen ? null : <Closed vault={value.vault} enter={enter} />}
      {isOpen && chosen === undefined ? <List {...{ client, go, renew }} documents={value.documents} /> : null}
      {isOpen && chosen !== undefined ? (
        <Suspense fallback={<p role="status">{text.windows.loading}</p>}>
          <LateDocument key={chosen.name} {...{ client, enter, go }} document={chosen} />
        </Suspense>
      ) : null}
    </WindowFrame>
  );
}
