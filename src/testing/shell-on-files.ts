/**
 * A shell on files in a map and programs that run in the test's own thread; what browsers put in their place has tests of
 * its own.
 */
import { accepted, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { HomeFiles } from "#sdk/home-files.ts";
import type { ShellEnvironment } from "#shell/commands/command.ts";
import { plainScreen } from "#shell/plain-screen.ts";
import { Shell } from "#shell/shell.ts";
import { createProgramBudgets } from "../platform/browser/program-budgets.ts";
import { createProgramGrants } from "../platform/browser/program-grants.ts";
import { memoryVaultStore } from "./memory-vault.ts";
import { inThreadRunner } from "./veil/in-thread-runner.ts";

/** The shell and what it did. */
export interface ShellOnFiles {
  readonly shell: Shell;
  /** What stands on the screen, call by call. */
  readonly printed: string[];
  /** What came from behind the prompt. */
  readonly behind: string[];
  /** What was shown of how far it is, one after the other. */
  readonly statuses: (string | null)[];
  /** What the user will answer, first one first. */
  readonly answers: string[];
  readonly files: Map<string, Uint8Array>;
  /** A file as text. */
  text(path: string): string | undefined;
}

/** Files in a map. */
export function filesIn(kept: Map<string, Uint8Array>): HomeFiles {
  return {
    list: () =>
      Promise.resolve(accepted([...kept].map(([path, { length }]) => ({ path, sizeBytes: length, changedMs: 0 })))),
    read: (path) => {
      const bytes = kept.get(path);
      return Promise.resolve(
        bytes === undefined ? rejected("not-found", `There is no file ${path}.`) : accepted(bytes),
      );
    },
    write: (path, bytes) => {
      kept.set(path, bytes);
      return Promise.resolve(accepted(undefined));
    },
    remove: (path) => {
      kept.delete(path);
      return Promise.resolve(accepted(undefined));
    },
  };
}

/** Opens one. */
export function shellOnFiles(client: Partial<Client> = {}, parts: Partial<ShellEnvironment> = {}): ShellOnFiles {
  const files = new Map<string, Uint8Array>();
  const printed: string[] = [];
  const behind: string[] = [];
  const statuses: (string | null)[] = [];
  const answers: string[] = [];
  const environment: Partial<ShellEnvironment> = {
    version: "test",
    nowMs: () => 0,
    randomBytes: (length) => new Uint8Array(length),
    breathe: () => Promise.resolve(),
    files: filesIn(files),
    runner: inThreadRunner,
    programBudgets: createProgramBudgets(memoryVaultStore(), () => 0),
    programGrants: createProgramGrants(memoryVaultStore()),
    programs: {
      list: () => Promise.resolve(accepted([])),
      load: () => Promise.resolve(rejected("not-found", "There is none.")),
    },
    openFile: () => Promise.resolve(null),
    ...parts,
  };
  const shell = new Shell(client as Client, environment as ShellEnvironment, {
    ...plainScreen((text) => printed.push(text)),
    interject: plainScreen((text) => behind.push(text)).interject,
    showStatus: (text) => statuses.push(text),
    ask: () => Promise.resolve(answers.shift() ?? null),
  });
  const text = (path: string): string | undefined => {
    const bytes = files.get(path);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  return { shell, printed, behind, statuses, answers, files, text };
}
