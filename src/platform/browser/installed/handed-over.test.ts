import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { handedOverIn, withoutHandedOver } from "./handed-over.ts";

const of = (address: string) => handedOverIn(new URL(address, "https://seed.example/"));

describe("what a page was opened with", () => {
  it("is a line, a link, or what was shared", () => {
    expect(of("#line=balance")).toEqual({ kind: "line", text: "balance" });
    expect(of("#link=web%2Baether%3Afile")).toEqual({ kind: "text", text: "web+aether:file" });
    expect(of("?title=A&text=B&url=https%3A%2F%2Fc%2F")).toEqual({ kind: "text", text: "A B https://c/" });
    expect(of("")).toBeNull();
    expect(of("?title=&text=")).toBeNull();
    expect(of("#checkpoint=abc")).toBeNull();
    expect(of("#pair=AAx_-9")).toEqual({ kind: "invitation", text: "pair join AAx_-9" });
    expect(of("#pair=AA;pay")).toEqual({ kind: "damaged", text: "" });
    const file = `bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e.${"A".repeat(43)}`;
    expect(of(`#file=${file}`)).toEqual({ kind: "file", text: `get ${file}` });
    for (const not of [`${file};pay`, file.slice(0, -1), file.replace("bafk", "bbfk")]) {
      expect(of(`#file=${not}`)).toEqual({ kind: "damaged", text: "" });
    }
    const document = "A".repeat(86);
    expect(of(`#document=${document}`)).toEqual({ kind: "document", text: `edit ${document}` });
    expect(of(`#document=${document}; pay`)).toEqual({ kind: "damaged", text: "" });
  });

  it("is one line of limited length that shows all it holds", () => {
    const nasty = fc.string({ unit: fc.constantFrom("a", "'", "\n", "\r", "\x1b", "\x03", "\u202e", "\u2028", "\0") });
    fc.assert(
      fc.property(nasty, fc.constantFrom("#line=", "#link=", "?text="), (text, at) => {
        const handed = of(`${at}${encodeURIComponent(text)}`);
        expect(handed?.text ?? "").toMatch(/^[a' ]*$/);
      }),
    );
    expect(of(`#line=${"a".repeat(5_000)}`)?.text).toHaveLength(1_000);
  });

  it("is taken out of the address, and nothing else", () => {
    const rest = (address: string) => withoutHandedOver(new URL(address, "https://seed.example/"));
    expect(rest("?text=a")).toBe("/");
    expect(rest("#line=help")).toBe("/");
    expect(rest("#pair=AAx")).toBe("/");
    expect(rest(`#document=${"A".repeat(86)}`)).toBe("/");
    expect(rest("#file=x&checkpoint=12")).toBe("/#checkpoint=12");
    expect(rest("#line=help&checkpoint=12")).toBe("/#checkpoint=12");
  });
});
