/**
 * Messages: with whom, and each conversation. What is written here is sent by `send-msg`; keys are made and unlocked in the
 * terminal.
 * @module
 */
import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { publicKeyOfDid } from "#identity/did.ts";
import type { ContactView } from "#sdk/contract.ts";
import { findPerson, namesByAddress } from "../../contacts.ts";
import { text } from "../../text.ts";
import { PeopleList } from "../people-list.tsx";
import { useAnswer } from "../use-answer.ts";
import { useRun } from "../use-run.ts";
import { LastCommand, RefusalNote, SameCommand, WindowFrame, type WindowProps } from "../window-frame.tsx";
import { ConversationView, sealedPlace } from "./conversation-view.tsx";
import { type Conversation, conversationsOf, type NameOf, nameIn } from "./conversations.ts";
import { loadMessages, type MessagesView, type PlainWords } from "./load-messages.ts";
import "./messages.css";

const words = text.windows.messagesWords;

/** What may change what it shows. */
const renewing = ["mail", "vault"] as const;

function namesOf({ contacts, vault }: MessagesView): NameOf {
  const nameOf = namesByAddress(contacts);
  return (did) => (did === vault.did ? words.yourself : nameOf(did));
}

/** Keys first. */
function Closed({ view, enter }: { readonly view: MessagesView } & Pick<WindowProps, "enter">) {
  const hasKeys = view.vault.did !== null;
  const command = hasKeys ? "id unlock" : "id new";
  return (
    <>
      <p>{hasKeys ? words.locked(view.unread) : words.noKeys}</p>
      <button type="button" className="start" onClick={() => enter(command)}>
        {hasKeys ? words.unlock : words.makeKeys} <code>{command}</code>
      </button>
    </>
  );
}

/** To whom; nothing is sent yet. */
function Begin({
  client,
  contacts,
  go,
}: { readonly contacts: readonly ContactView[] } & Pick<WindowProps, "client" | "go">) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const begin = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get("to") ?? "").trim();
    void findPerson(client, typed).then((person) => {
      setRefusal(person.ok ? null : person.message);
      if (person.ok) go(person.value.did);
    });
  };
  return (
    <form onSubmit={begin} aria-labelledby="messages-begin">
      <h3 id="messages-begin">{words.begin}</h3>
      <label htmlFor="messages-to">{words.to}</label>
      <div className="row">
        <input
          id="messages-to"
          name="to"
          list="messages-people"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
        />
        <button type="submit">{words.start}</button>
      </div>
      <PeopleList id="messages-people" contacts={contacts} />
      <RefusalNote message={refusal} />
    </form>
  );
}

interface ListProps extends Pick<WindowProps, "go"> {
  readonly conversations: readonly Conversation[];
  readonly nameOf: NameOf;
}

function ConversationList({ conversations, nameOf, go }: ListProps) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Whoever comes back from a conversation has left the button that had the focus.
    if (document.activeElement === document.body) title.current?.focus();
  }, []);
  return (
    <>
      <h3 ref={title} tabIndex={-1}>
        {words.conversations}
      </h3>
      {conversations.length === 0 ? <p>{words.none}</p> : null}
      <ul className="plain">
        {conversations.map((conversation) => {
          const { did, unread } = conversation;
          return (
            <li key={did ?? sealedPlace}>
              <button type="button" className="talk-with" onClick={() => go(did ?? sealedPlace)}>
                <span>
                  {did === null ? (
                    words.sealed
                  ) : (
                    <>
                      <bdi>{nameIn(conversation, nameOf)}</bdi> <code>{did}</code>
                    </>
                  )}
                </span>
                {unread === 0 ? null : (
                  <strong>
                    {unread} {words.unread}
                  </strong>
                )}
              </button>
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** The conversation that the place names; a link may name anything. */
function chosenOf(
  at: string,
  conversations: readonly Conversation[],
  newest: ReadonlyMap<string, string>,
): Conversation | null {
  const did = at === sealedPlace ? null : (newest.get(at) ?? at);
  const found = conversations.find((one) => one.did === did);
  if (found !== undefined) return found;
  return did !== null && publicKeyOfDid(did).ok ? { did, entries: [], unread: 0 } : null;
}

type OpenProps = Pick<WindowProps, "client" | "environment" | "at" | "go"> & {
  readonly view: MessagesView;
  readonly renew: () => void;
};

/** What is shown while the vault is open. */
function Open({ view, at, renew, client, environment, go }: OpenProps) {
  const { ran, run } = useRun(client, environment, renew);
  useEffect(() => {
    // What waits elsewhere comes now and not with the next round; that there is nobody to ask is no failure here.
    void client.collectMail();
  }, [client]);
  const nameOf = namesOf(view);
  const conversations = conversationsOf({ ...view, own: view.vault.did });
  const chosen = at === "" ? null : chosenOf(at, conversations, view.newest);
  const here = conversations.reduce((sum, { unread }) => sum + unread, 0);
  const elsewhere = view.older > 0 ? 0 : Math.max(0, view.unread - here);
  if (chosen !== null)
    return (
      <ConversationView
        key={chosen.did}
        {...{ client, environment, conversation: chosen, nameOf, ran, go }}
        run={run}
        sent={view.sent}
        onSent={(made) => {
          // Whoever has replaced their keys is written to at the new address.
          if (made.to !== chosen.did) go(made.to);
          renew();
        }}
      />
    );
  return (
    <>
      <p>{words.lead}</p>
      <RefusalNote message={refusalOf(at)} />
      <LastCommand ran={ran} />
      {elsewhere === 0 ? null : <p>{words.elsewhere(elsewhere)}</p>}
      <ConversationList conversations={conversations} nameOf={nameOf} go={go} />
      {view.older === 0 ? null : <p>{words.older(view.older)}</p>}
      <Begin client={client} contacts={view.contacts} go={go} />
      <SameCommand command="inbox" />
    </>
  );
}

/** What is wrong with a place that names no conversation. */
function refusalOf(at: string): string | null {
  const key = publicKeyOfDid(at);
  return key.ok || at === sealedPlace || at === "" ? null : key.message;
}

/** The window. */
export function MessagesWindow({ client, environment, at, go, enter, onClose }: WindowProps) {
  const plain = useRef<PlainWords>({ owner: null, letters: new Map(), copies: new Map() });
  const ask = useCallback(() => loadMessages(client, plain.current), [client]);
  const { value, refusal, renew } = useAnswer(client, ask, renewing);
  return (
    <WindowFrame name="messages" busy={value === null} onClose={onClose}>
      <RefusalNote message={refusal?.message ?? null} />
      {value === null ? (
        <p>{text.windows.loading}</p>
      ) : value.vault.unlocked && value.vault.did !== null ? (
        <Open {...{ client, environment, at, go, renew }} view={value} />
      ) : (
        <Closed view={value} enter={enter} />
      )}
    </WindowFrame>
  );
}
