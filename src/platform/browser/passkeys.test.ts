import { expect, it } from "vitest";
import { createPasskeys, type PasskeyHost } from "./passkeys.ts";

function host(changes: Partial<PasskeyHost> = {}): PasskeyHost {
  const fail = () => Promise.reject(new Error("not asked for here"));
  return {
    hostname: "aether.example",
    credentials: { create: fail, get: fail },
    capabilities: () => Promise.resolve({}),
    random: (length) => new Uint8Array(length).fill(7),
    ...changes,
  };
}

/** What browsers throw is told from the rest by its name. */
function named(name: string): Error {
  return Object.assign(new Error("refused"), { name });
}

it("says beforehand why there can be no passkey", async () => {
  const obstacle = (changes: Partial<PasskeyHost>) => createPasskeys(host(changes)).obstacle();
  expect(await obstacle({})).toBeNull();
  expect(await obstacle({ hostname: "localhost" })).toBeNull();
  expect(await obstacle({ credentials: undefined })).toContain("knows no passkeys");
  expect(await obstacle({ hostname: "127.0.0.1" })).toContain("opened by the number 127.0.0.1");
  expect(await obstacle({ hostname: "[::1]" })).toContain("bound to a site's name");
  expect(await obstacle({ capabilities: () => Promise.resolve({ "extension:prf": false }) })).toContain("no PRF");
  expect(await obstacle({ capabilities: () => Promise.resolve({ "extension:prf": true }) })).toBeNull();
});

it("turns what the browser throws into what happened and what was kept", async () => {
  const known = { credentialId: new Uint8Array(20), salt: new Uint8Array(32) };
  for (const [name, code] of [
    ["NotAllowedError", "cancelled"],
    ["AbortError", "cancelled"],
    ["InvalidStateError", "passkey-failed"],
    ["SecurityError", "passkey-unavailable"],
  ] as const) {
    const refuse = () => Promise.reject(named(name));
    const passkeys = createPasskeys(host({ credentials: { create: refuse, get: refuse } }));
    const told = { ok: false, code, message: expect.stringContaining("nothing was changed") };
    expect(await passkeys.create("AetherChain", []), name).toMatchObject(told);
    expect(await passkeys.ask([known]), name).toMatchObject(told);
  }
});
