/**
 * A command's arguments, sorted into options and the rest.
 * @module
 */
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { nearest } from "../did-you-mean.ts";
import type { Argument } from "./expand.ts";
import { missingWords, placeBehind } from "./usage.ts";

/** What a command takes. */
export interface OptionSpec {
  /** Flags that stand alone. */
  readonly flags?: readonly string[];
  /** Flags followed by a value. */
  readonly values?: readonly string[];
  /** Flags followed by a value that may be given more than once. */
  readonly lists?: readonly string[];
  readonly positionals: { readonly least: number; readonly most: number };
  /** What is for somebody else, whatever it looks like: everything, or all behind the first positional. */
  readonly passesOn?: "all" | "after-first";
}

/** A command's arguments, sorted. */
export interface ParsedOptions {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
}

/**
 * Sorts arguments by a specification; every refusal names the argument. What follows `--` is taken as it is, and so is what
 * nobody typed: a file of the name `--yes`, or a variable with that value, confirms nothing.
 */
export function parseOptions(args: readonly Argument[], spec: OptionSpec, usage: string): Result<ParsedOptions> {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const positionals: string[] = [];
  const refuseUse = (message: string): Rejected => rejected("invalid-argument", `${message}\nUsage: ${usage}`);
  let literal = spec.passesOn === "all";
  for (let i = 0; i < args.length; i++) {
    const { text: argument, typed } = args[i] as Argument;
    const name = argument.slice(2);
    const takesValue = spec.values?.includes(name) || spec.lists?.includes(name);
    if (literal || !typed || !argument.startsWith("--")) {
      positionals.push(argument);
      literal ||= spec.passesOn === "after-first";
    } else if (argument === "--") literal = true;
    else if (spec.flags?.includes(name)) flags.add(name);
    else if (takesValue) {
      const value = args[++i]?.text;
      if (value === undefined) return refuseUse(`${argument} needs a value.`);
      if (spec.values?.includes(name)) values.set(name, value);
      else lists.set(name, [...(lists.get(name) ?? []), value]);
    } else return refuseUse(noSuchOption(argument, spec));
  }
  const { least, most } = spec.positionals;
  if (positionals.length < least) {
    const place = spec.passesOn === "all" ? null : placeBehind(positionals, { usage, spec });
    return refuseUse((place === null ? null : missingWords(place)) ?? `It takes ${least} words or more.`);
  }
  if (positionals.length > most) return refuseUse(`"${positionals[most]}" is one word too many.`);
  return accepted({ flags, values, lists, positionals });
}

/** What was typed of a command so far, as far as it tells what comes next. */
export interface Begun {
  /** The option whose value comes next; null if an argument or an option does. */
  readonly awaited: string | null;
  readonly positionals: readonly string[];
  /** Whether what follows is for somebody else, or behind `--`: no option of the command. */
  readonly isLiteral: boolean;
}

/** Sorts the arguments of a line that is still being typed. */
export function readBegun(args: readonly string[], spec: OptionSpec): Begun {
  const positionals: string[] = [];
  let isLiteral = spec.passesOn === "all";
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] as string;
    const name = argument.slice(2);
    if (isLiteral || !argument.startsWith("--")) {
      positionals.push(argument);
      isLiteral ||= spec.passesOn === "after-first";
    } else if (argument === "--") isLiteral = true;
    else if (spec.values?.includes(name) || spec.lists?.includes(name)) {
      if (++i === args.length) return { awaited: name, positionals, isLiteral };
    }
  }
  return { awaited: null, positionals, isLiteral };
}

function noSuchOption(argument: string, { flags = [], values = [], lists = [] }: OptionSpec): string {
  const near = nearest(argument.slice(2), [...flags, ...values, ...lists]);
  return `There is no option ${argument}.${near === null ? "" : ` Did you mean --${near}?`}`;
}

/** The value of an option that may be "none", which is null; undefined if it was not given. */
export function valueOrNone<T>(
  { values }: Pick<ParsedOptions, "values">,
  name: string,
  parse: (word: string) => Result<T>,
): Result<T | null | undefined> {
  const word = values.get(name);
  if (word === undefined) return accepted(undefined);
  return word === "none" ? accepted(null) : parse(word);
}

/** Arguments without any option. */
export function positionalsOnly(positionals: readonly string[]): ParsedOptions {
  return { flags: new Set(), values: new Map(), lists: new Map(), positionals };
}
