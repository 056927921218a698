import { expect, it } from "vitest";
import { contentDigest, isNamedBy, markOutput } from "./mark.ts";

it("a mark names all that its issuer signs but where the mark stands", () => {
  const keyHash = new Uint8Array(32).fill(1);
  const payload = {
    iss: "a",
    vct: "x",
    iat: 1,
    cnf: { jwk: { x: "1" } },
    _sd: ["d1", "d2"],
    status: { aether_output: 1 },
  };
  const mark = markOutput(keyHash, 1n, contentDigest(payload));
  expect(isNamedBy(mark, contentDigest({ ...payload, status: { aether_output: 2 } }))).toBe(true);
  for (const other of [
    { iss: "b" },
    { vct: "y" },
    { iat: 2 },
    { cnf: { jwk: { x: "2" } } },
    { _sd: ["d1"] },
    { exp: 5 },
  ])
    expect(isNamedBy(mark, contentDigest({ ...payload, ...other }))).toBe(false);
  expect(isNamedBy(markOutput(keyHash, 1n), contentDigest(payload))).toBeNull();
});
