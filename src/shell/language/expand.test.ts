import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, rejected } from "#protocol/result.ts";
import { expandOne, expandWords } from "./expand.ts";
import { isPattern, matcherOf } from "./glob.ts";
import { parseLine } from "./grammar.ts";
import type { Word } from "./tokens.ts";
import { Scope, variableLimits } from "./variables.ts";

const paths = ["a.txt", "b.txt", "b1.txt", "notes", "work/a.txt", "--yes", "odd*name"];

function scopeWith(variables: Record<string, string>, ...args: string[]): Scope {
  const outer = Scope.atPrompt();
  for (const [name, value] of Object.entries(variables)) expect(outer.set(name, value)).toBeNull();
  return args.length === 0 ? outer : outer.forScript("x.sh", args);
}

async function expanded(line: string, scope = scopeWith({})) {
  const parsed = parseLine(line);
  if (!parsed.ok) throw new Error(parsed.message);
  const words = parsed.value[0]?.stages[0] as readonly Word[];
  const result = await expandWords(
    words,
    scope.expansions(() => Promise.resolve(accepted(paths))),
  );
  return result.ok ? result.value.map(({ text }) => text) : result;
}

describe("variables", () => {
  const scope = scopeWith({ who: "A  B", star: "*.txt", empty: "" });
  it.each([
    ["$who", ["A  B"]],
    ['"$who"', ["A  B"]],
    ["'$who'", ["$who"]],
    ["\\$who", ["$who"]],
    ["x$" + "{who}y", ["xA  By"]],
    ["$star", ["*.txt"]],
    ["$empty", [""]],
    ["$?", ["0"]],
    ["$0", ["aether"]],
    ["$@ $#", ["0"]],
  ])("%s", async (line, expected) => expect(await expanded(line, scope)).toEqual(expected));

  it("that are not set are refused, not empty", async () => {
    expect(await expanded("pay $nobody 5")).toMatchObject({ code: "not-found" });
    expect(await expanded("echo $1", scopeWith({}, "one"))).toEqual(["echo", "one"]);
    expect(await expanded("echo $2", scopeWith({}, "one"))).toMatchObject({
      message: expect.stringContaining("fewer"),
    });
  });

  it("put in again and again make no word and no command without end", async () => {
    const long = scopeWith({ a: "x".repeat(variableLimits.characters) });
    expect(await expanded(`echo ${"$a".repeat(100)}`, long)).toMatchObject({ code: "too-large" });
    expect(await expanded(`echo ${"$a ".repeat(100)}`, long)).toMatchObject({ code: "too-large" });
    expect(await expanded(`echo ${"$a ".repeat(60)}`, long)).toHaveLength(61);
  });

  it("and patterns stop at the first word that is too many", async () => {
    let listed = 0;
    const many = Array.from({ length: 1_024 }, (_, i) => `f${i}`);
    const star: Word = [{ text: "*", quoted: false }];
    const result = await expandWords(
      Array.from({ length: 1_000 }, () => star),
      Scope.atPrompt().expansions(() => {
        listed++;
        return Promise.resolve(accepted(many));
      }),
    );
    expect(result).toMatchObject({ code: "too-many" });
    expect(listed).toBe(5);
  });

  it("of a script are its words, each of them one", async () => {
    const scope = scopeWith({ who: "A" }, "a b", "*", "--yes");
    expect(await expanded('$# $@ "$@" x$@ $who $0', scope)).toEqual([
      "3",
      "a b",
      "*",
      "--yes",
      "a b",
      "*",
      "--yes",
      "xa b * --yes",
      "A",
      "x.sh",
    ]);
  });

  it("stay one word and no option, whatever they hold", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (value) => {
        const expansions = scopeWith({ x: value }).expansions(() => Promise.resolve(rejected("timeout", "not asked")));
        const word: Word = [{ variable: "x", quoted: false }];
        expect(await expandWords([word], expansions)).toEqual(accepted([{ text: value, typed: false }]));
        expect(expandOne(word, expansions)).toEqual(accepted(value));
      }),
    );
  });

  it("of a script are gone with it, and there are so many", () => {
    const outer = scopeWith({ x: "1" });
    const inner = outer.forScript("s", []);
    inner.set("x", "2");
    inner.set("y", "3");
    expect([outer.list(), inner.list()]).toEqual([
      [["x", "1"]],
      [
        ["x", "2"],
        ["y", "3"],
      ],
    ]);
    for (let i = 0; i < variableLimits.count - 1; i++) expect(outer.set(`v${i}`, "")).toBeNull();
    expect(outer.set("more", "")).toMatchObject({ code: "too-many" });
    expect(outer.set("x", "other")).toBeNull();
    expect(outer.set("x", "y".repeat(variableLimits.characters + 1))).toMatchObject({ code: "too-large" });
  });
});

describe("patterns", () => {
  it.each([
    ["*.txt", ["a.txt", "b.txt", "b1.txt"]],
    ["work/*", ["work/a.txt"]],
    ["?.txt", ["a.txt", "b.txt"]],
    ["[bc]*.txt", ["b.txt", "b1.txt"]],
    ["[!b]*.txt", ["a.txt"]],
    ["b[0-9].txt", ["b1.txt"]],
    ["'odd*'*", ["odd*name"]],
    ["-*", ["--yes"]],
    ["'*.txt'", ["*.txt"]],
    ["\\*", ["*"]],
    ["a[", ["a["]],
  ])("%s", async (line, expected) => expect(await expanded(line)).toEqual(expected));

  it("that match nothing are refused", async () => {
    expect(await expanded("cat *.md")).toMatchObject({ code: "not-found", message: expect.stringContaining("'*.md'") });
  });

  it("match as a regular expression of the same meaning does", () => {
    const character = fc.constantFrom("a", "b", "/", "*", "?", "[ab]", "[!a]", "[a-c]");
    const asRegExp = (pattern: string): RegExp =>
      new RegExp(
        `^${pattern.replace(/\[!?[^\]]*\]|[*?/]/g, (one) => {
          if (one === "*") return "[^/]*";
          if (one === "?") return "[^/]";
          return one === "/" ? "\\/" : `(?!\\/)${one.replace("[!", "[^")}`;
        })}$`,
        "u",
      );
    fc.assert(
      fc.property(
        fc.array(character, { maxLength: 6 }).map((parts) => parts.join("")),
        fc.array(fc.constantFrom("a", "b", "c", "/"), { maxLength: 7 }).map((parts) => parts.join("")),
        (pattern, name) => {
          expect(matcherOf([{ text: pattern, quoted: false }])(name)).toBe(asRegExp(pattern).test(name));
          expect(isPattern(pattern)).toBe(/[*?[]/.test(pattern));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it("of many stars take no longer than their length times the name's", () => {
    const started = performance.now();
    const matches = matcherOf([{ text: `${"*a".repeat(2_000)}b`, quoted: false }]);
    expect(matches("a".repeat(4_000))).toBe(false);
    // A search that goes back for every star would not end.
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
