import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { loadStaticFiles } from "./static-files.ts";

it("compresses a file once, when it is asked for, and only if that makes it smaller", async () => {
  const folder = mkdtempSync(join(tmpdir(), "aether-static-"));
  try {
    const words = "const words = 1;\n".repeat(100);
    writeFileSync(join(folder, "words.js"), words);
    writeFileSync(join(folder, "noise.wasm"), crypto.getRandomValues(new Uint8Array(1_000)));
    writeFileSync(join(folder, "key.bin"), words);
    const files = loadStaticFiles(folder);
    const forms = await Promise.all([1, 2].map(() => files.get("/words.js")?.compressed()));
    expect(gunzipSync(forms[0] as Buffer).toString()).toBe(words);
    expect(forms[1]).toBe(forms[0]);
    expect(await files.get("/noise.wasm")?.compressed()).toBeNull();
    expect(await files.get("/key.bin")?.compressed()).toBeNull();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
