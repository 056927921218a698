/**
 * Variables of the shell: words by name. Kept while the page is open; scripts work on a copy.
 * @module
 */
import { type Rejected, rejected } from "#protocol/result.ts";
import type { Expansions } from "./expand.ts";

/** What a shell remembers. */
export const variableLimits = { count: 256, characters: 16_384 } as const;

/** What a line can read: variables, a script's words, how the last command ended. */
export class Scope {
  /** A script's name and the words it was given; the prompt has none. */
  readonly name: string;
  readonly scriptArguments: readonly string[];
  /** Scripts around this one. */
  readonly depth: number;
  /** Exit code of the newest command: `$?`. */
  lastCode = 0;
  private readonly variables: Map<string, string>;

  private constructor(name: string, args: readonly string[], depth: number, variables: ReadonlyMap<string, string>) {
    this.name = name;
    this.scriptArguments = args;
    this.depth = depth;
    this.variables = new Map(variables);
  }

  /** That of a prompt. */
  static atPrompt(): Scope {
    return new Scope("aether", [], 0, new Map());
  }

  /** A script's: it sees what is set here, and what it sets is gone with it. */
  forScript(name: string, args: readonly string[]): Scope {
    return new Scope(name, args, this.depth + 1, this.variables);
  }

  /** All that is set, by name. */
  list(): readonly (readonly [string, string])[] {
    return [...this.variables].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Sets one; says why if it cannot. */
  set(name: string, value: string): Rejected | null {
    if (value.length > variableLimits.characters) {
      return rejected(
        "too-large",
        `A variable holds at most ${variableLimits.characters} characters; a file holds more.`,
      );
    }
    if (!this.variables.has(name) && this.variables.size >= variableLimits.count) {
      return rejected("too-many", `${variableLimits.count} variables are set; \`unset NAME\` makes room.`);
    }
    this.variables.set(name, value);
    return null;
  }

  /** Forgets one; false if there is none. */
  unset(name: string): boolean {
    return this.variables.delete(name);
  }

  /** What words can be made of. */
  expansions(paths: Expansions["paths"]): Expansions {
    return { variable: (name) => this.value(name), scriptArguments: this.scriptArguments, paths };
  }

  private value(name: string): string | undefined {
    if (name === "?") return String(this.lastCode);
    if (name === "#") return String(this.scriptArguments.length);
    if (name === "@") return this.scriptArguments.join(" ");
    if (name === "0") return this.name;
    return /^[1-9]$/.test(name) ? this.scriptArguments[Number(name) - 1] : this.variables.get(name);
  }
}
