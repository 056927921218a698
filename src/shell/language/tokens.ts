/**
 * From a typed line to words and operators. Words keep what was quoted and where a variable stands: what a variable brings is
 * put in later and read by nobody again.
 * @module
 */
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";

/** A piece of a word. Only what is not quoted can be a pattern of file names. */
export type WordPart =
  | { readonly text: string; readonly quoted: boolean }
  /** A variable's name; `?`, `#`, `@` and digits are the shell's own. */
  | { readonly variable: string; readonly quoted: boolean };

/** A word as typed. */
export type Word = readonly WordPart[];

/** Longest first, so that `>>` is not read as twice `>`. */
const operators = ["&&", "||", ">>", "|", ">", "<", "&", ";"] as const;

/** What stands between words. */
export type Operator = (typeof operators)[number];

/** What may have its other side in the next row. */
export const goingOn: ReadonlySet<Operator> = new Set(["|", "&&", "||"]);

/** One of a line; `at` is where it begins, in characters. */
export type Token =
  | { readonly type: "word"; readonly word: Word; readonly at: number }
  | { readonly type: "operator"; readonly operator: Operator; readonly at: number };

/** A line in pieces. */
export interface Tokens {
  readonly tokens: readonly Token[];
  /** The quote that is still open, or the backslash at the end; null if all is closed. */
  readonly open: "'" | '"' | "\\" | null;
}

const variablePattern = /\$(?:([A-Za-z_][A-Za-z0-9_]*|[?#@0-9])|\{([A-Za-z_][A-Za-z0-9_]*|[?#@0-9])\})/y;

/** In double quotes a backslash keeps these from being special, and stays before anything else. */
const escapedInQuotes = '$"\\`';

const refuse = (message: string): Rejected => rejected("invalid-argument", message);

/** Other shells would run what stands between them. */
const backquotes = refuse(
  "`…` is not known here: a pipe or a file carries what a command gives out. In single quotes a ` means itself.",
);

/** Reads one line from its start to its end. */
class Reader {
  private readonly line: string;
  private readonly found: Token[] = [];
  private parts: WordPart[] = [];
  private wordAt: number | null = null;
  private at = 0;
  private open: Tokens["open"] = null;

  constructor(line: string) {
    this.line = line;
  }

  read(): Result<Tokens> {
    const { line } = this;
    while (this.at < line.length) {
      const character = line[this.at] as string;
      const operator = operators.find((one) => line.startsWith(one, this.at));
      if (character === "\n") this.endRow();
      else if (/\s/.test(character)) this.endWord(1);
      else if (character === "#" && this.wordAt === null) this.skipRemark();
      else if (operator !== undefined) {
        this.endWord(0);
        this.found.push({ type: "operator", operator, at: this.at });
        this.at += operator.length;
      } else {
        this.wordAt ??= this.at;
        const refused = this.readPiece(character);
        if (refused !== null) return refused;
      }
    }
    this.endWord(0);
    return accepted({ tokens: this.found, open: this.open });
  }

  /** A row's end ends a command as ; does, unless the row asks for more. */
  private endRow(): void {
    const at = this.at;
    this.endWord(1);
    const last = this.found.at(-1);
    const isOpen =
      last === undefined ||
      (last.type === "operator" && (goingOn.has(last.operator) || last.operator === ";" || last.operator === "&"));
    if (!isOpen) this.found.push({ type: "operator", operator: ";", at });
  }

  private skipRemark(): void {
    const end = this.line.indexOf("\n", this.at);
    this.at = end < 0 ? this.line.length : end;
  }

  private readPiece(character: string): Rejected | null {
    if (character === "'") this.readLiteral();
    else if (character === '"') return this.readQuoted();
    else if (character === "\\") this.readEscape();
    else if (character === "$") return this.readVariable(false);
    else if (character === "`") return backquotes;
    else this.take(character, false);
    return null;
  }

  private take(text: string, quoted: boolean): void {
    this.add(text, quoted);
    this.at += text.length;
  }

  private add(text: string, quoted: boolean): void {
    const last = this.parts.at(-1);
    if (last !== undefined && "text" in last && last.quoted === quoted) {
      this.parts[this.parts.length - 1] = { text: last.text + text, quoted };
    } else this.parts.push({ text, quoted });
  }

  private readLiteral(): void {
    const end = this.line.indexOf("'", this.at + 1);
    this.add(this.line.slice(this.at + 1, end < 0 ? undefined : end), true);
    if (end < 0) this.open = "'";
    this.at = end < 0 ? this.line.length : end + 1;
  }

  private readQuoted(): Rejected | null {
    this.at++;
    // Quotes around nothing are a word as well.
    this.add("", true);
    for (;;) {
      const character = this.line[this.at];
      if (character === undefined) {
        this.open = '"';
        return null;
      }
      if (character === '"') {
        this.at++;
        return null;
      }
      const next = this.line[this.at + 1];
      if (character === "\\" && next !== undefined && escapedInQuotes.includes(next)) {
        this.add(next, true);
        this.at += 2;
      } else if (character === "$") {
        const refused = this.readVariable(true);
        if (refused !== null) return refused;
      } else if (character === "`") return backquotes;
      else this.take(character, true);
    }
  }

  private readEscape(): void {
    const next = this.line[this.at + 1];
    if (next === undefined) this.open = "\\";
    // It takes a row's end away.
    else if (next !== "\n") this.add(next, true);
    this.at += 2;
  }

  private readVariable(quoted: boolean): Rejected | null {
    variablePattern.lastIndex = this.at;
    const match = variablePattern.exec(this.line);
    if (match !== null) {
      this.parts.push({ variable: (match[1] ?? match[2]) as string, quoted });
      this.at += match[0].length;
      return null;
    }
    const next = this.line[this.at + 1];
    if (next === "(") return refuse("$(…) is not known here: a pipe or a file carries what a command gives out.");
    if (next === "{") return refuse("Braces behind $ hold the name of a variable: letters, digits and _.");
    this.take("$", quoted);
    return null;
  }

  /** Ends the word if there is one, and goes on by so many characters. */
  private endWord(step: number): void {
    if (this.wordAt !== null) this.found.push({ type: "word", word: this.parts, at: this.wordAt });
    this.parts = [];
    this.wordAt = null;
    this.at += step;
  }
}

/** Splits a line, which may have rows. What stands behind a `#` at the start of a word is for the reader alone. */
export function readTokens(line: string): Result<Tokens> {
  return new Reader(line).read();
}

/** A word without what is to be put in, as it was typed. */
export function plainText(word: Word): string {
  return word.map((part) => ("text" in part ? part.text : `$${part.variable}`)).join("");
}

/** A text as it is to be typed so that it is one word that says exactly that. */
export function quoted(text: string): string {
  return text === "" || /[\s'"\\$|<>&;#*?[\]]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : text;
}
