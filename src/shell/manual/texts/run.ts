/**
 * What `man` says of the commands in commands/run.ts.
 * @module
 */
import { appPrograms } from "../../commands/run.ts";

const programManual = (name: string): string =>
  `The same as \`run ${name}\`: a program in a sandbox, which sees only its input and copies of the files named among its arguments. \`${name} --help\` tells its options.`;

/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(appPrograms).map((name) => [name, programManual(name)])),
  programs:
    "Lists programs with their sizes and the SHA-256 digests that name them on the ledger. Their sources are in the folder guests of the app's repository.",
  run: "PROGRAM is one that comes with the app (`programs` lists them; their names alone do the same), a file of yours, or - to choose one: a WebAssembly module for the world aether:os, or a WASI Preview 2 component, which may be made of components. It runs in a sandbox without network, storage, screen or other tabs, with a file system of its own that is empty but for copies of the files you name: among its arguments, or by --file. Its clock stands still and its random numbers come from a seed, so that the same run gives the same result anywhere. Its input is what a pipe or < brings. Work, memory and output are limited; Ctrl-C stops it, & puts it behind the prompt. With --process its memory is capped by that lease, and what the ledger then says of it is its owner's word (self-attested) until somebody repeats it. Options stand before PROGRAM; what follows is the program's.",
};
