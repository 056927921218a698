/**
 * One conversation: what was written, the newest last, and a field to write.
 * @module
 */
import { type FormEvent, Fragment, type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import { fromHex } from "#protocol/codec/bytes.ts";
import type { SentMailView } from "#sdk/mail.ts";
import { senderDoubt, standingWords } from "../../commands/mail-words.ts";
import { duration } from "../../format.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { text } from "../../text.ts";
import { focusTitle } from "../title-focus.ts";
import type { Ran } from "../use-run.ts";
import { LastCommand, SameCommand, type WindowProps } from "../window-frame.tsx";
import { type Conversation, type Entry, messageCommand, type NameOf, nameIn, sentSince } from "./conversations.ts";

const words = text.windows.messagesWords;

/** The place of messages that do not open. */
export const sealedPlace = "sealed";

/** Foreign words: rows stay rows, and nothing in them steers. */
function rows(foreign: string): string {
  return foreign.split("\n").map(sanitise).join("\n");
}

/** Deleting is for good, so it takes two presses. */
function Remove({
  label,
  command,
  run,
}: {
  readonly label: string;
  readonly command: string;
  readonly run: (command: string) => void;
}) {
  const [isAsked, setIsAsked] = useState(false);
  if (!isAsked)
    return (
      <button type="button" className="link" aria-label={label} onClick={() => setIsAsked(true)}>
        {words.remove}
      </button>
    );
  return (
    <span>
      {/* biome-ignore lint/a11y/noAutofocus: it stands where the button was that had the focus. */}
      <button type="button" className="link" autoFocus={true} onClick={() => run(command)}>
        {words.removeSurely} <code>{command}</code>
      </button>{" "}
      <button type="button" className="link" onClick={() => setIsAsked(false)}>
        {words.keep}
      </button>
    </span>
  );
}

interface EntryProps {
  readonly entry: Entry;
  readonly nowMs: number;
  readonly isNew: boolean;
  readonly who: string;
  readonly run: (command: string) => void;
}

function EntryView({ entry, nowMs, isNew, who, run }: EntryProps) {
  const age = duration(Math.max(0, nowMs - entry.atMs));
  const removing = `inbox delete ${entry.id.slice(0, 12)}`;
  if (entry.side === "ours") {
    const { words: standing, tone } = standingWords(entry.sent);
    return (
      <li className="ours">
        <p className="of">
          {words.you}, {words.written(age)}
        </p>
        <p className={entry.words === null ? "gone" : "words"} dir="auto">
          {entry.words === null ? words.gone : rows(entry.words)}
        </p>
        <p className={tone === "warning" ? "standing doubt" : "standing"}>{standing}</p>
        <Remove label={words.removeOwn(age)} command={removing} run={run} />
      </li>
    );
  }
  const { letter } = entry.message;
  const doubt = senderDoubt(entry.message);
  return (
    <li className="theirs">
      <p className="of">
        <bdi>{who}</bdi>, {words.written(age)} {isNew ? <strong>{words.unread}</strong> : null}
        {doubt === "" ? null : <span className="doubt">{doubt}</span>}
      </p>
      <p className={letter.ok ? "words" : "gone"} dir="auto">
        {rows(letter.ok ? letter.value.text : letter.message)}
      </p>
      <Remove label={words.removeLong(who, age)} command={removing} run={run} />
    </li>
  );
}

/** Says where the other's address changes: the chain has it from the old keys that the new ones stand for them. */
function NewKeys({ did, before }: { readonly did: string | null; readonly before: string | null }) {
  if (did === before) return null;
  return (
    <li className="standing">
      {words.newKeys} <code>{did}</code>
    </li>
  );
}

interface WriteProps {
  readonly did: string;
  readonly onSend: (command: string) => Promise<boolean>;
}

/** What is not sent stays in the field. */
function Write({ did, onSend }: WriteProps) {
  const [said, setSaid] = useState("");
  const [isSending, setIsSending] = useState(false);
  const isEmpty = said.trim() === "";
  const send = (event: FormEvent | KeyboardEvent): void => {
    event.preventDefault();
    if (isEmpty || isSending) return;
    setIsSending(true);
    void onSend(messageCommand(did, said)).then((isSent) => {
      setIsSending(false);
      if (isSent) setSaid("");
    });
  };
  return (
    <form onSubmit={send}>
      <label htmlFor="messages-words">{words.write}</label>
      <textarea
        id="messages-words"
        rows={3}
        value={said}
        readOnly={isSending}
        onChange={(event) => setSaid(event.target.value)}
        onKeyDown={(event) => {
          // Enter that ends a word of an input method sends nothing.
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) send(event);
        }}
      />
      <button type="submit" className="start" disabled={isEmpty || isSending}>
        {isSending ? words.sending : words.send} <code>{isEmpty ? "send-msg …" : messageCommand(did, said)}</code>
      </button>
      <p>{words.whoSees}</p>
    </form>
  );
}

interface ConversationProps extends Pick<WindowProps, "client" | "environment" | "go"> {
  readonly conversation: Conversation;
  readonly nameOf: NameOf;
  readonly ran: Ran | null;
  readonly run: (command: string) => Promise<boolean>;
  readonly sent: readonly SentMailView[];
  /** Which message became of what was written. */
  readonly onSent: (made: SentMailView) => void;
}

/** Whatever is on the screen is read, and what other windows cover is not; which of it was new stays to be seen. */
function useReading(
  client: WindowProps["client"],
  { entries }: Conversation,
  log: RefObject<HTMLElement | null>,
): ReadonlySet<string> {
  const fresh = useRef(new Set<string>());
  const unread = entries.flatMap(({ id, ...entry }) =>
    entry.side === "theirs" && !entry.message.view.read ? [id] : [],
  );
  for (const id of unread) fresh.current.add(id);
  const names = unread.join();
  useEffect(() => {
    if (names === "" || log.current === null) return undefined;
    const observer = new IntersectionObserver((seen) => {
      if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      for (const id of names.split(",")) void client.markMailRead(fromHex(id) as Uint8Array);
    });
    observer.observe(log.current);
    return () => observer.disconnect();
  }, [client, names, log]);
  return fresh.current;
}

/** The view. */
export function ConversationView(props: ConversationProps) {
  const { client, environment, conversation, nameOf, ran, run, sent, onSent, go } = props;
  const { did, entries } = conversation;
  const title = useRef<HTMLHeadingElement>(null);
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => focusTitle("messages", title.current), []);
  const fresh = useReading(client, conversation, log);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new message is scrolled to.
  useEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [entries.length]);
  const name = nameIn(conversation, nameOf);
  const nowMs = environment.nowMs();
  const send = async (command: string): Promise<boolean> => {
    const isSent = await run(command);
    const after = isSent ? await client.sentMail() : null;
    const made = after?.ok ? sentSince(sent, after.value) : null;
    if (made !== null) onSent(made);
    return isSent;
  };
  return (
    <>
      <button type="button" className="link" onClick={() => go("")}>
        {words.all}
      </button>
      <h3 ref={title} tabIndex={-1}>
        {did === null ? words.sealed : <bdi>{name ?? words.with}</bdi>}
      </h3>
      {did === null ? null : (
        <p>
          <code>{did}</code>
        </p>
      )}
      {/* Who has only a keyboard scrolls what has the focus. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable (WCAG 2.1.1). */}
      <div ref={log} role="log" className="talk" aria-label={name ?? words.with} tabIndex={0}>
        {entries.length === 0 ? <p>{words.empty}</p> : null}
        <ol className="plain">
          {entries.map((entry, i) => (
            <Fragment key={entry.id}>
              <NewKeys did={entry.did} before={entries[i - 1]?.did ?? entry.did} />
              <EntryView
                {...{ entry, nowMs, run }}
                isNew={fresh.has(entry.id)}
                who={name ?? (did === null ? "?" : words.with)}
              />
            </Fragment>
          ))}
          <NewKeys did={did} before={entries.at(-1)?.did ?? did} />
        </ol>
      </div>
      <LastCommand ran={ran} />
      {did === null ? null : <Write did={did} onSend={send} />}
      {did === null || name !== null ? null : (
        <p>
          {words.unnamed} <code>contact add NAME {did}</code>
        </p>
      )}
      <SameCommand command="inbox" />
    </>
  );
}
