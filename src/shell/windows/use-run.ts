/**
 * Commands that windows run for the user, as if they were typed, where nothing is asked.
 * @module
 */
import { useState } from "react";
import type { Client } from "#sdk/contract.ts";
import type { ShellEnvironment } from "../commands/command.ts";
import { plainScreen } from "../plain-screen.ts";
import { Shell } from "../shell.ts";

/** A command that a window ran, and what it answered. */
export interface Ran {
  readonly command: string;
  readonly answer: string;
  readonly good: boolean;
}

/** A way to run commands, and the command run last; `after` is called when one has ended. */
export function useRun(
  client: Client,
  environment: ShellEnvironment,
  after: () => void,
): { readonly ran: Ran | null; run(command: string): void } {
  const [ran, setRan] = useState<Ran | null>(null);
  // A shell of its own: "stop" works whatever the terminal is busy with.
  const run = (command: string): void => {
    const lines: string[] = [];
    const shell = new Shell(
      client,
      environment,
      plainScreen((text) => lines.push(text)),
    );
    void shell.run(command).then((code) => {
      setRan({ command, answer: lines.join("\n"), good: code === 0 });
      after();
    });
  };
  return { ran, run };
}
