/**
 * What all windows have: a title that takes the focus, a way to close, room that scrolls by itself.
 * @module
 */
import { type ReactNode, useEffect, useRef } from "react";
import type { Client } from "#sdk/contract.ts";
import type { ShellEnvironment } from "../commands/command.ts";
import type { RunningLine } from "../jobs.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { text } from "../text.ts";
import type { WindowName } from "./place.ts";
import { focusTitle } from "./title-focus.ts";
import type { Ran } from "./use-run.ts";
import "./windows.css";

/** What every window is given. */
export interface WindowProps {
  readonly client: Client;
  readonly environment: ShellEnvironment;
  /** Whether this tab runs the node. */
  readonly leader: boolean;
  /** What it shows. */
  readonly at: string;
  /** Shows something else. */
  go(at: string): void;
  /** Opens another window. */
  goTo(window: WindowName, at: string): void;
  /** Types a command into the terminal and runs it there: where it asks, the person sees and answers. */
  enter(command: string): void;
  /** What runs in the terminal now. */
  running(): readonly RunningLine[];
  onClose(): void;
}

/** What a view within a window is given. */
export type ViewProps = Pick<WindowProps, "client" | "environment" | "go">;

interface FrameProps {
  readonly name: WindowName;
  readonly busy: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The frame. */
export function WindowFrame({ name, busy, onClose, children }: FrameProps) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => focusTitle(name, title.current), [name]);
  return (
    <section id={name} aria-labelledby={`${name}-title`} className={`window ${name}`} aria-busy={busy}>
      <div className="title">
        <h2 id={`${name}-title`} ref={title} tabIndex={-1}>
          {text.windows[name]}
        </h2>
        <button type="button" onClick={onClose}>
          {text.windows.close}
        </button>
      </div>
      {children}
    </section>
  );
}

/** A refusal, where an answer was to be. */
export function RefusalNote({ message }: { readonly message: string | null }) {
  return message === null ? null : (
    <p role="alert" className="refusal">
      {message}
    </p>
  );
}

/** Facts by name. */
export function Facts({ rows }: { readonly rows: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The command that says the same in the terminal, to learn it. */
export function SameCommand({ command }: { readonly command: string }) {
  return (
    <p className="same">
      {text.windows.same} <code>{sanitise(command)}</code>
    </p>
  );
}

/** The command that the window ran last, and what it answered. */
export function LastCommand({ ran }: { readonly ran: Ran | null }) {
  return (
    <div role="status" className={ran?.good === false ? "ran bad" : "ran"}>
      {ran === null ? null : (
        <>
          <code>› {ran.command}</code>
          <p>{ran.answer}</p>
        </>
      )}
    </div>
  );
}
