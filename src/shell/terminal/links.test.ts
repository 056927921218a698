import fc from "fast-check";
import { expect, it } from "vitest";
import { findLinks } from "./links.ts";

const linked = (text: string): readonly string[] => findLinks(text).map(({ from, to }) => text.slice(from, to));

it("finds addresses, without what ends the sentence around them", () => {
  expect(linked("See https://example.org/a?b=c#d, or (http://127.0.0.1:8080/#open=explorer/block/12).")).toEqual([
    "https://example.org/a?b=c#d",
    "http://127.0.0.1:8080/#open=explorer/block/12",
  ]);
  expect(linked("none: example.org, https://, ftp://example.org, javascript:alert(1), xhttps://example.org")).toEqual(
    [],
  );
});

it("makes no link of what could be taken for another address", () => {
  for (const disguised of [
    "https://bank.example@evil.example/",
    "https://bank.example:443@evil.example/",
    "https://bаnk.example/",
    "https://bank.example/\u202egro.live",
    "https:///evil.example",
    "https://%65vil.example/",
    "https://2130706433/",
    "https://bank.example\\@evil.example",
    "https://bank.example⁄evil.example",
    `https://bank.example/${"a".repeat(2_048)}`,
  ]) {
    expect(linked(disguised), disguised).toEqual([]);
  }
});

it("leads where the letters say, whatever the text", () => {
  const part = fc.constantFrom(
    "https://",
    "http://",
    "a.example",
    "/",
    "x",
    "@",
    " ",
    ":80",
    ":",
    "é",
    ".",
    "#",
    "\\",
    "?",
    "%65",
    "0x7f.1",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      for (const { from, to, target } of findLinks(text)) {
        expect(text.slice(from, to).startsWith(`${target.protocol}//${target.host}`)).toBe(true);
        expect(["http:", "https:"]).toContain(target.protocol);
        expect(target.username + target.password).toBe("");
      }
    }),
    { numRuns: 2_000 },
  );
});
