/**
 * The programs that come with the app, what each asks for, and a way to run it: in the terminal, where its output goes.
 * @module
 */
import { type FormEvent, useCallback } from "react";
import type { ProgramBudgetsView } from "#sdk/budgets.ts";
import type { CataloguedGuest } from "#veil/guest-catalogue.ts";
import { budgetOfDigest } from "../../budget-words.ts";
import { bytes } from "../../format.ts";
import { quoted } from "../../language/tokens.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { text } from "../../text.ts";
import { useAnswer } from "../use-answer.ts";
import { Facts, RefusalNote, SameCommand, WindowFrame, type WindowProps } from "../window-frame.tsx";

const words = text.windows.programsWords;

/** Runs in other tabs count as well. */
const renewBudgetsEveryMs = 2_000;

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
    </section>
  );
}

/** The window. */
export function ProgramsWindow({ client, environment, enter, onClose }: WindowProps) {
  const ask = useCallback(() => environment.programs.list(), [environment]);
  const { value: guests, refusal } = useAnswer(client, ask, []);
  const askBudgets = useCallback(() => environment.programBudgets.view(), [environment]);
  const { value: budgets } = useAnswer(client, askBudgets, [], renewBudgetsEveryMs);
  return (
    <WindowFrame name="programs" busy={guests === null} onClose={onClose}>
      <p>{words.lead}</p>
      <RefusalNote message={refusal?.message ?? null} />
      {guests?.map((guest) => (
        <Program key={guest.digest} guest={guest} budgets={budgets} enter={enter} />
      ))}
      <SameCommand command="programs" />
      <SameCommand command="budget" />
    </WindowFrame>
  );
}
