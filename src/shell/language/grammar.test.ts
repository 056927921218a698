import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted } from "#protocol/result.ts";
import type { Argument } from "./expand.ts";
import { isOpen, joinLines, parseLine } from "./grammar.ts";
import { parseOptions } from "./options.ts";
import { readScript } from "./script.ts";
import { plainText, type Word } from "./tokens.ts";

const words = (line: string) => {
  const parsed = parseLine(line);
  return parsed.ok ? parsed.value.flatMap(({ stages }) => stages.map((stage) => stage.map(plainText))) : parsed.code;
};

const bare = (text: string): Word => [{ text, quoted: false }];
const literal = (text: string): Word => [{ text, quoted: true }];

describe("a line", () => {
  it.each([
    ["pay a 1", [["pay", "a", "1"]]],
    ["  help   ", [["help"]]],
    ['pay a 1 --memo "two words"', [["pay", "a", "1", "--memo", "two words"]]],
    ["say 'it''s' a\\ b", [["say", "its", "a b"]]],
    ['say "a\\"b" \'c\\d\' ""', [["say", 'a"b', "c\\d", ""]]],
    ['grep "\\d+ \\$x" a', [["grep", "\\d+ $x", "a"]]],
    ["a; b && c", [["a"], ["b"], ["c"]]],
    ["say ';' \"&&\" '|'", [["say", ";", "&&", "|"]]],
    ["say a#b # the rest is for readers; rm x", [["say", "a#b"]]],
    ["# nothing", []],
    ["say 5$ $", [["say", "5$", "$"]]],
    ["", []],
    ["say 'open", "invalid-argument"],
    ["say \\", "invalid-argument"],
    ["say $(rm x)", "invalid-argument"],
    ["say `rm x`", "invalid-argument"],
    ['say "a `rm x`"', "invalid-argument"],
    ["say 'a `b`' \\`", [["say", "a `b`", "`"]]],
    ["say ${x", "invalid-argument"],
    [`say ${"x".repeat(20_000)}`, "invalid-argument"],
  ])("%s", (line, expected) => expect(words(line)).toEqual(expected));

  const pipeline = {
    stages: [[bare("a")]],
    assignments: [],
    input: null,
    output: null,
    background: false,
    runs: "always",
  };
  it.each([
    ["a x|b | c", [{ ...pipeline, stages: [[bare("a"), bare("x")], [bare("b")], [bare("c")]] }]],
    [
      "a < in.txt > out.txt",
      [{ ...pipeline, input: bare("in.txt"), output: { path: bare("out.txt"), append: false } }],
    ],
    ["<'in file' a>>out", [{ ...pipeline, input: literal("in file"), output: { path: bare("out"), append: true } }]],
    ["a &", [{ ...pipeline, background: true }]],
    ["a & a", [{ ...pipeline, background: true }, pipeline]],
    [
      "a && a || a; a;",
      [pipeline, { ...pipeline, runs: "after-success" }, { ...pipeline, runs: "after-failure" }, pipeline],
    ],
    [
      'who="A B"c n=',
      [
        {
          ...pipeline,
          stages: [],
          assignments: [
            { name: "who", value: [{ text: "", quoted: false }, ...literal("A B"), ...bare("c")] },
            { name: "n", value: bare("") },
          ],
        },
      ],
    ],
  ])("%s", (line, expected) => expect(parseLine(line)).toEqual(accepted(expected)));

  it.each([
    ["| a", "before each |"],
    ["a |", "follow each |"],
    ["a | | b", "before each |"],
    ["a >", "A file must follow >"],
    ["a > | b", "A file must follow >"],
    ["a > b > c", "one file"],
    ["a < b < c", "one file"],
    ["a > b | c", "Only the last"],
    ["a | b < c", "Only the first"],
    ["a &&", "must follow &&"],
    ["&& a", "missing"],
    ["> a", "missing"],
    ["x=1 pay a 1", "set by itself"],
    ["x=1 | cat", "set by itself"],
    ["x=1 > f", "set by itself"],
    ["echo a | x=1", "set by itself"],
  ])("says what is wrong with %s", (line, message) =>
    expect(parseLine(line)).toMatchObject({ code: "invalid-argument", message: expect.stringContaining(message) }),
  );

  it("gives back any words that were quoted", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 5 }), (list) => {
        const line = list.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join(" ");
        expect(isOpen(line)).toBe(false);
        expect(words(line)).toEqual([list]);
      }),
    );
  });

  it("never throws, whatever is typed, and is open only if more can close it", () => {
    const piece = fc.constantFrom("a", " ", "'", '"', "\\", "$", "{", "}", "(", "|", "&", ";", ">", "<", "#", "=", "*");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const line = pieces.join("");
        const parsed = parseLine(line);
        if (isOpen(line)) expect(parsed.ok).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a line that waits for more", () => {
  it.each([
    ["echo 'a", true],
    ['echo "a', true],
    ["echo a\\", true],
    ["echo a |", true],
    ["echo a &&", true],
    ["|", false],
    ["echo a", false],
    ["echo a &", false],
    ["echo a # '", false],
  ])("%s", (line, expected) => expect(isOpen(line)).toBe(expected));

  it("keeps a quote's line end, and joins what a backslash parts", () => {
    expect(words(joinLines("echo 'a", "b'"))).toEqual([["echo", "a\nb"]]);
    expect(words(joinLines("echo a\\", "b"))).toEqual([["echo", "ab"]]);
    expect(words(joinLines("echo a |", "cat"))).toEqual([["echo", "a"], ["cat"]]);
  });
});

describe("a script", () => {
  it("is read as a whole, with the rows where its lines begin", () => {
    const script = readScript("# about\n\nx=1\necho 'a\nb' |\n  cat\r\necho c");
    expect(script.ok && script.value.map(({ row }) => row)).toEqual([3, 4, 7]);
    expect(readScript("echo a\necho 'b")).toMatchObject({ message: expect.stringContaining("line 2") });
    expect(readScript("\n".repeat(10_001))).toMatchObject({ code: "too-many" });
  });
});

describe("options", () => {
  const typed = (...texts: string[]): Argument[] => texts.map((text) => ({ text, typed: true }));

  it("leaves to a program what is the program's", () => {
    const spec = {
      values: ["fuel"],
      lists: ["env"],
      positionals: { least: 1, most: 9 },
      passesOn: "after-first",
    } as const;
    const args = typed("--env", "A=1", "--env", "B=2", "grep", "--count", "-i", "--", "x");
    expect(parseOptions(args, spec, "u")).toMatchObject({
      value: { lists: new Map([["env", ["A=1", "B=2"]]]), positionals: ["grep", "--count", "-i", "--", "x"] },
    });
    expect(parseOptions(typed("--help"), { ...spec, passesOn: "all" }, "u")).toMatchObject({
      value: { positionals: ["--help"] },
    });
    expect(parseOptions(typed("--", "--x"), { positionals: { least: 1, most: 1 } }, "u")).toMatchObject({
      value: { positionals: ["--x"] },
    });
  });

  it("sorts them and names what is wrong", () => {
    const spec = { flags: ["json"], values: ["memo"], positionals: { least: 1, most: 2 } };
    expect(parseOptions(typed("a", "--memo", "x", "--json"), spec, "u")).toMatchObject({
      value: { positionals: ["a"] },
    });
    for (const [args, message] of [
      [[], "FILE is missing"],
      [["a", "b", "c"], '"c" is one word too many'],
      [["a", "--memo"], "--memo needs a value"],
      [["a", "--colour"], "no option --colour"],
    ] as const) {
      expect(parseOptions(typed(...args), spec, "u FILE [TO]")).toMatchObject({
        message: expect.stringContaining(message),
      });
    }
  });

  it("takes nothing for one that nobody typed", () => {
    const spec = { flags: ["yes"], positionals: { least: 0, most: 2 } };
    const brought = { text: "--yes", typed: false };
    const parsed = parseOptions([brought, ...typed("--yes")], spec, "u");
    expect(parsed).toMatchObject({ value: { positionals: ["--yes"], flags: new Set(["yes"]) } });
    expect(parseOptions([brought], spec, "u")).toMatchObject({ value: { flags: new Set() } });
  });
});
