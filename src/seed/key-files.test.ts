import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { newNetworkKey } from "../platform/node/seed-network.ts";
import { identityFile, networkFile, readOrMakeKeyFile, seedKeys } from "./key-files.ts";

const folder = mkdtempSync(join(tmpdir(), "aether-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));

const never = (): Promise<Uint8Array> => Promise.reject(new Error("a key was made"));
const bytes = new Uint8Array(32).fill(3);

describe("key files", () => {
  it("are made once, for their owner only", async () => {
    const path = join(folder, "identity.key");
    expect(await readOrMakeKeyFile(path, identityFile, () => Promise.resolve(bytes))).toEqual(bytes);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["identity.key"]);
    expect(await readOrMakeKeyFile(path, identityFile, never)).toEqual(bytes);
  });

  it("take the network's own key", async () => {
    const path = join(folder, "network.key");
    const made = await readOrMakeKeyFile(path, networkFile, newNetworkKey);
    expect(await readOrMakeKeyFile(path, networkFile, never)).toEqual(made);
  });

  it.each([0, 31, 33])("of %d bytes are refused and kept, never replaced", async (size) => {
    const path = join(folder, `damaged-${size}.key`);
    writeFileSync(path, bytes.subarray(0, size));
    if (size === 33) writeFileSync(path, new Uint8Array(33));
    await expect(readOrMakeKeyFile(path, identityFile, never)).rejects.toThrow(/damaged.*not replaced/);
    expect(readFileSync(path)).toHaveLength(size);
  });

  it("that cannot be read are refused with what to do", async () => {
    const path = join(folder, "folder.key");
    mkdirSync(path);
    await expect(readOrMakeKeyFile(path, identityFile, never)).rejects.toThrow(/EISDIR.*not replaced/);
  });

  it("are made anew after a crash before the move", async () => {
    const path = join(folder, "crashed.key");
    writeFileSync(`${path}.${process.pid}.new`, bytes.subarray(0, 5));
    expect(await readOrMakeKeyFile(path, identityFile, () => Promise.resolve(bytes))).toEqual(bytes);
    expect(await readOrMakeKeyFile(path, identityFile, never)).toEqual(bytes);
  });

  it("of two seeds that start at once are the first one's", async () => {
    const path = join(folder, "raced.key");
    const other = new Uint8Array(32).fill(9);
    const slow = async (): Promise<Uint8Array> => {
      expect(await readOrMakeKeyFile(path, identityFile, () => Promise.resolve(other))).toEqual(other);
      return bytes;
    };
    expect(await readOrMakeKeyFile(path, identityFile, slow)).toEqual(other);
    expect(new Uint8Array(readFileSync(path))).toEqual(other);
    expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  it("give the same keys for the same identity and others for another", () => {
    expect(seedKeys(bytes)).toEqual(seedKeys(bytes.slice()));
    expect(seedKeys(bytes).keyHash).not.toEqual(seedKeys(new Uint8Array(32)).keyHash);
  });
});
