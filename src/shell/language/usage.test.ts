import { describe, expect, it } from "vitest";
import { misuse, placeBehind } from "./usage.ts";

const spec = { values: ["fee", "file"] };
const place = (usage: string, ...typed: string[]) => placeBehind(typed, { usage, spec });

describe("a usage line", () => {
  it("says what may stand behind the words that were typed", () => {
    const usage = "do add NAME DID|@NAME | drop NAME… [--fee AETH] | [list] | x|y [FILE]";
    expect(place(usage)).toEqual({ literals: ["add", "drop", "list", "x", "y"], operands: [], mayEnd: true });
    expect(place(usage, "add", "n")).toEqual({ literals: [], operands: ["DID", "@NAME"], mayEnd: false });
    expect(place(usage, "drop", "a", "b")).toEqual({ literals: [], operands: ["NAME"], mayEnd: true });
    expect(place(usage, "y")).toEqual({ literals: [], operands: ["FILE"], mayEnd: true });
    expect(place(usage, "list")).toEqual({ literals: [], operands: [], mayEnd: true });
    expect(place(usage, "list", "more")).toBeNull();
    expect(place(usage, "other")).toBeNull();
  });

  it("reads nested brackets, and options with their values as no words of the line", () => {
    const usage = "do [A [B [--file FILE]… [--fee AETH]]] [--yes]";
    expect(place(usage)).toMatchObject({ operands: ["A"], mayEnd: true });
    expect(place(usage, "1")).toMatchObject({ operands: ["B"], mayEnd: true });
    expect(place(usage, "1", "2")).toEqual({ literals: [], operands: [], mayEnd: true });
  });

  it("takes a word that it names for that, not for a name of something", () => {
    expect(place("do [set [--fee AETH] | PROGRAM]", "set")).toEqual({ literals: [], operands: [], mayEnd: true });
    expect(place("do set ON | PROGRAM OFF", "set")).toMatchObject({ operands: ["ON"] });
    expect(place("do set ON | PROGRAM OFF", "prog")).toMatchObject({ operands: ["OFF"] });
  });

  it("tells what is wrong: what is missing, too much, or spelt otherwise", () => {
    const says = (usage: string, ...typed: string[]) => misuse(typed, { usage, spec }).split("\n")[0];
    expect(says("do add NAME | drop NAME", "add")).toBe("NAME is missing.");
    expect(says("do add NAME | drop NAME")).toBe("What it is to do is missing: add, drop.");
    expect(says("do add NAME | drop NAME", "dorp", "n")).toBe('"dorp" is none of add, drop. Did you mean drop?');
    expect(says("do add NAME", "add", "n", "m")).toBe('"m" is one word too many.');
  });
});
