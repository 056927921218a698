import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadStaticFiles } from "./static-files.ts";

it("lets only the sandbox's page be framed, in an opaque origin, with its own script and nothing else", () => {
  const folder = mkdtempSync(join(tmpdir(), "aether-static-"));
  try {
    const script = 'const text="\\u003c/script>";\nrun(text);';
    writeFileSync(join(folder, "veil.html"), `<!doctype html><script>${script}</script>`);
    writeFileSync(join(folder, "index.html"), "<!doctype html>");
    const files = loadStaticFiles(folder);
    const policyOf = (path: string): readonly string[] =>
      files.get(path)?.headers["content-security-policy"]?.split("; ") ?? [];
    const hash = createHash("sha256").update(script).digest("base64");
    expect(policyOf("/veil.html")).toEqual([
      "default-src 'none'",
      `script-src 'sha256-${hash}' blob: 'wasm-unsafe-eval'`,
      "worker-src blob:",
      "connect-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "sandbox allow-scripts",
      "frame-ancestors 'self'",
    ]);
    expect(files.get("/veil.html")?.headers["x-content-type-options"]).toBe("nosniff");
    expect(policyOf("/")).toContain("frame-ancestors 'none'");
    expect(policyOf("/")).toContain("frame-src 'self'");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
