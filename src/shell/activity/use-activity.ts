/**
 * What the window of activity stands on: the node's newest word, and commands run for the user.
 * @module
 */
import { useCallback, useEffect, useState } from "react";
import type { ActivityView } from "#sdk/compute.ts";
import type { Client } from "#sdk/contract.ts";
import type { ShellEnvironment } from "../commands/command.ts";
import { plainScreen } from "../plain-screen.ts";
import { Shell } from "../shell.ts";

/** The window is renewed this often while it is open. */
const renewEveryMs = 1_000;

/** A command that the window ran, and what it answered. */
export interface Ran {
  readonly command: string;
  readonly answer: string;
  readonly good: boolean;
}

/** Follows what the node computes; `renew` asks at once. */
function useView(client: Client): { readonly view: ActivityView | null; renew(): void } {
  const [view, setView] = useState<ActivityView | null>(null);
  const renew = useCallback((): void => {
    void client.activity().then((answer) => {
      if (answer.ok) setView(answer.value);
    });
  }, [client]);
  useEffect(() => {
    renew();
    const timer = setInterval(renew, renewEveryMs);
    return () => clearInterval(timer);
  }, [renew]);
  return { view, renew };
}

/** The newest view, a way to run a command as if it were typed, and the command run last. */
export function useActivity(
  client: Client,
  environment: ShellEnvironment,
): { readonly view: ActivityView | null; readonly ran: Ran | null; run(command: string): void } {
  const { view, renew } = useView(client);
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
      renew();
    });
  };
  return { view, ran, run };
}
