/**
 * The programs that come with the app, what each asks for, and a way to run it: in the terminal, where its output goes. What
 * was remembered of programs is listed and taken back here.
 * @module
 */
import { type FormEvent, useCallback, useState } from "react";
import type { ProgramBudgetsView } from "#sdk/budgets.ts";
import type { CataloguedGuest } from "#veil/guest-catalogue.ts";
import { budgetOfDigest } from "../../budget-words.ts";
import { bytes } from "../../format.ts";
import { grantedWords, grantTimes } from "../../grants.ts";
import { quoted } from "../../language/tokens.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { text } from "../../text.ts";
import { useAnswer } from "../use-answer.ts";
import { useRun } from "../use-run.ts";
import { Facts, LastCommand, RefusalNote, SameCommand, WindowFrame, type WindowProps } from "../window-frame.tsx";

const words = text.windows.programsWords;

/** Runs and grants in other tabs count as well. */
const renewEveryMs = 2_000;

interface ProgramProps {
  readonly guest: CataloguedGuest;
  readonly budgets: ProgramBudgetsView | null;
  readonly enter: (command: string) => void;
}

function Program({ guest, budgets, enter }: ProgramProps) {
  const name = sanitise(guest.name);
  const field = `program-${name}`;
  const run = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get("arguments") ?? "");
    const typedWords = typed.split(/\s+/).filter((word) => word !== "");
    enter(["run", quoted(guest.name), ...typedWords.map(quoted)].join(" "));
  };
  return (
    <section aria-label={name}>
      <h3>{name}</h3>
      <p>{sanitise(guest.summary)}</p>
      <Facts
        rows={[
          [words.asks, guest.capabilities.length === 0 ? words.nothing : guest.capabilities.join(", ")],
          [words.size, `${bytes(guest.bytes)}, ${sanitise(guest.language)}`],
          ...(budgets === null ? [] : [[words.budget, budgetOfDigest(budgets, guest.digest)] as const]),
          [words.digest, <code key="digest">{sanitise(guest.digest)}</code>],
        ]}
      />
      <form onSubmit={run}>
        <label htmlFor={field}>{words.argumentsOf(name)}</label>
        <div className="row">
          <input id={field} name="arguments" autoComplete="off" autoCapitalize="off" spellCheck={false} />
          <button type="submit">{words.run}</button>
        </div>
      </form>
      <Narrow guest={guest} enter={enter} />
    </section>
  );
}

/** What of that which it asks for it shall have; the terminal shows it again and asks. */
function Narrow({ guest, enter }: Pick<ProgramProps, "guest" | "enter">) {
  const [left, setLeft] = useState<readonly string[]>(guest.capabilities);
  const command = `grant ${quoted(guest.name)} ${left.length === 0 ? "none" : left.join(",")}`;
  const toggle = (name: string): void =>
    setLeft(guest.capabilities.filter((one) => (one === name ? !left.includes(name) : left.includes(one))));
  return (
    <fieldset>
      <legend>{words.most}</legend>
      {guest.capabilities.map((name) => (
        <label key={name} className="cap">
          <span>
            <input type="checkbox" checked={left.includes(name)} onChange={() => toggle(name)} /> {name}
          </span>
        </label>
      ))}
      <button type="button" onClick={() => enter(command)}>
        {words.review} <code>{command}</code>
      </button>
    </fieldset>
  );
}

/** What was granted and denied. Denying only takes away, so nothing is asked. */
function Remembered({ client, environment }: Pick<WindowProps, "client" | "environment">) {
  const ask = useCallback(() => environment.programGrants.list(), [environment]);
  const { value: grants, refusal, renew } = useAnswer(client, ask, [], renewEveryMs);
  const { ran, run } = useRun(client, environment, renew);
  return (
    <section aria-label={words.remembered}>
      <h3>{words.remembered}</h3>
      <RefusalNote message={refusal?.message ?? null} />
      {grants?.length === 0 ? <p>{words.nothingRemembered}</p> : null}
      <ul className="plain">
        {grants?.map((grant) => {
          const name = sanitise(grant.name);
          return (
            <li key={grant.digest}>
              <strong>{name}</strong> {grantedWords(grant)} ({grantTimes(grant, environment.nowMs())}){" "}
              <code>{grant.digest.slice(0, 12)}</code>{" "}
              {grant.capabilities === null ? null : (
                <button
                  type="button"
                  className="link"
                  aria-label={words.revokeLong(name)}
                  onClick={() => void run(`revoke ${grant.digest.slice(0, 12)}`)}
                >
                  {words.revoke}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <LastCommand ran={ran} />
      <SameCommand command="grant" />
    </section>
  );
}

/** The window. */
export function ProgramsWindow({ client, environment, enter, onClose }: WindowProps) {
  const ask = useCallback(() => environment.programs.list(), [environment]);
  const { value: guests, refusal } = useAnswer(client, ask, []);
  const askBudgets = useCallback(() => environment.programBudgets.view(), [environment]);
  const { value: budgets } = useAnswer(client, askBudgets, [], renewEveryMs);
  return (
    <WindowFrame name="programs" busy={guests === null} onClose={onClose}>
      <p>{words.lead}</p>
      <RefusalNote message={refusal?.message ?? null} />
      <Remembered client={client} environment={environment} />
      {guests?.map((guest) => (
        <Program key={guest.digest} guest={guest} budgets={budgets} enter={enter} />
      ))}
      <SameCommand command="programs" />
      <SameCommand command="budget" />
    </WindowFrame>
  );
}
