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

/** A way to run commands, which tells whether they succeeded, and the command run last; `after` is called when one has ended. */
export function useRun(
  client: Client,
  environment: ShellEnvironment,
  after: () => void,
): { readonly ran: Ran | null; run(command: string): Promise<boolean> } {
  const [ran, setRan] = useState<Ran | null>(null);
  // A shell of its own: "stop" works whatever the terminal is busy with.
  const run = async (command: string): Promise<boolean> => {
    const lines: string[] = [];
    const shell = new Shell(
      client,
      environment,
      plainScreen((text) => lines.push(text)),
    );
    const good = (await shell.run(command)) === 0;
    setRan({ command, answer: lines.join("\n"), good });
    after();
    return good;
  };
  return { ran, run };
}
