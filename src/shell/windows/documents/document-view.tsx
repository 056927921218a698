/**
 * One document, open: the editor, and what is true of it now.
 * @module
 */
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { toHex } from "#protocol/codec/bytes.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { DocumentView as View } from "#sdk/documents.ts";
import { DocumentSession } from "../../documents/document-session.ts";
import { mountEditor } from "../../documents/editor.ts";
import { text } from "../../text.ts";
import { RefusalNote, SameCommand, type WindowProps } from "../window-frame.tsx";
import { standingWords, troubleWords, documentWords as words } from "./document-words.ts";
import "./documents.css";

function schedule(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
}

/** The text and what is said of it. */
function Editor({ session, name }: { readonly session: DocumentSession; readonly name: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [isFull, setFull] = useState(false);
  const state = useSyncExternalStore(session.onChange, session.state);
  useEffect(() => {
    const parent = place.current;
    return parent === null
      ? undefined
      : mountEditor(session, { parent, label: words.label(name), onFull: () => setFull(true) });
  }, [session, name]);
  return (
    <>
      <p role="status" className="document-standing">
        {standingWords(state)}
      </p>
      <RefusalNote message={state.trouble === null ? null : troubleWords(state.trouble)} />
      <RefusalNote message={isFull ? words.full : null} />
      {state.unreadable === 0 ? null : <p>{words.unreadable(state.unreadable)}</p>}
      <div ref={place} className="document-text" />
    </>
  );
}

/** Documents that were left with something unsaved, as by a vault locked in the middle of a word: they go on trying. */
const left = new Map<string, DocumentSession>();

async function leave(session: DocumentSession, id: string): Promise<void> {
  const saved = await session.save();
  if (saved.ok || saved.code === "wrong-holder") await session.close();
  else left.set(id, session);
}

/** The session of one that was left so, or a new one. */
async function resume(client: Client, document: View): Promise<Result<DocumentSession>> {
  const id = toHex(document.id);
  const before = left.get(id);
  left.delete(id);
  if (before !== undefined) return accepted(before);
  const opened = await DocumentSession.open({ client, document, schedule });
  if (!opened.ok) return opened;
  // Who cannot say who they are cannot be given a new key once somebody is removed; nothing else waits for that.
  await opened.value.begin();
  return opened;
}

/** Opens a document and keeps it open while it is shown. */
export function OpenDocument({
  client,
  document: view,
  enter,
  go,
}: { readonly document: View } & Pick<WindowProps, "client" | "enter" | "go">) {
  const [session, setSession] = useState<DocumentSession | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const { name } = view;
  const shown = useRef(view);
  useEffect(() => {
    let isShown = true;
    let opened: DocumentSession | null = null;
    const id = toHex(shown.current.id);
    const saveNow = (): void => void opened?.save();
    void resume(client, shown.current).then((result) => {
      if (!result.ok) {
        if (isShown) setRefusal(result.message);
        return;
      }
      opened = result.value;
      if (isShown) setSession(opened);
      else void leave(opened, id);
    });
    // A hidden page may be ended without a word.
    document.addEventListener("visibilitychange", saveNow);
    return () => {
      isShown = false;
      document.removeEventListener("visibilitychange", saveNow);
      if (opened !== null) void leave(opened, id);
    };
  }, [client]);
  return (
    <>
      <h3>
        <bdi>{name}</bdi>
      </h3>
      <div className="row document-actions">
        <button type="button" onClick={() => go("")}>
          {words.all}
        </button>
        <button type="button" onClick={() => enter(`edit ${name} --invite`)}>
          {words.invite}
        </button>
      </div>
      <RefusalNote message={refusal} />
      {session === null ? (
        <p role="status">{refusal === null ? text.windows.loading : ""}</p>
      ) : (
        <Editor {...{ session, name }} />
      )}
      <SameCommand command={`edit ${name}`} />
    </>
  );
}
