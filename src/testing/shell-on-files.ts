/**
 * A shell on files in a map and programs that run in the test's own thread; what browsers put in their place has tests of
 * its own.
 */
import { joinBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Rejected, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { type HomeFiles, homeLimits, pathProblem, sourceOfBytes } from "#sdk/home-files.ts";
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

/** Files in a map, and what was left of drafts in another. */
export function filesIn(kept: Map<string, Uint8Array>, drafts = new Map<string, Uint8Array>()): HomeFiles {
  const taken = (path: string) => rejected("invalid-argument", `There is a file ${path}.`);
  const unfit = (path: string): Rejected | null => {
    const problem = pathProblem(path);
    return problem === null ? null : rejected("invalid-argument", problem);
  };
  return {
    open: (path) => {
      const bytes = kept.get(path);
      return Promise.resolve(
        bytes === undefined ? rejected("not-found", `There is no file ${path}.`) : accepted(sourceOfBytes(bytes)),
      );
    },
    draft: (tag) => {
      const parts = [drafts.get(tag ?? "") ?? new Uint8Array()];
      const sizeBytes = (): number => parts.reduce((sum, { length }) => sum + length, 0);
      // While it is written nobody else goes on with it.
      drafts.delete(tag ?? "");
      return Promise.resolve(
        accepted({
          get sizeBytes() {
            return sizeBytes();
          },
          append: (bytes) => {
            parts.push(bytes.slice());
            return Promise.resolve(accepted(undefined));
          },
          finish: (path, over) => {
            const refused = unfit(path) ?? (over === "nothing" && kept.has(path) ? taken(path) : null);
            if (refused !== null) return Promise.resolve(refused);
            kept.set(path, joinBytes(parts));
            parts.length = 0;
            return Promise.resolve(accepted(undefined));
          },
          leave: () => {
            const whole = joinBytes(parts).subarray(0, sizeBytes() - (sizeBytes() % homeLimits.pieceBytes));
            if (tag !== null && whole.length > 0) drafts.set(tag, whole);
            return Promise.resolve();
          },
          discard: () => Promise.resolve(),
        }),
      );
    },
    left: () =>
      Promise.resolve(accepted([...drafts].map(([tag, { length }]) => ({ tag, sizeBytes: length, touchedMs: 0 })))),
    list: () =>
      Promise.resolve(accepted([...kept].map(([path, { length }]) => ({ path, sizeBytes: length, changedMs: 0 })))),
    read: (path) => {
      const bytes = kept.get(path);
      return Promise.resolve(
        bytes === undefined ? rejected("not-found", `There is no file ${path}.`) : accepted(bytes),
      );
    },
    write: (path, bytes) => {
      const refused = unfit(path);
      if (refused === null) kept.set(path, bytes);
      return Promise.resolve(refused ?? accepted(undefined));
    },
    add: (files) => {
      const there = files.find(({ path }) => kept.has(path));
      if (there !== undefined) return Promise.resolve(taken(there.path));
      for (const { path, bytes } of files) kept.set(path, bytes);
      return Promise.resolve(accepted(undefined));
    },
    remove: (path) => {
      const isThere = kept.delete(path);
      return Promise.resolve(isThere ? accepted(undefined) : rejected("not-found", `There is no file ${path}.`));
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
    keysSeen: { load: () => null, save: () => undefined },
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
    chooseFile: () => Promise.resolve(null),
    ...parts,
  };
  // Nobody has keys here.
  const locked = { heldFiles: () => Promise.resolve(rejected("vault-locked", "Your keys are locked.")) };
  const shell = new Shell({ ...locked, ...client } as Client, environment as ShellEnvironment, {
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
