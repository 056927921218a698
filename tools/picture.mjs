/**
 * Takes the README's picture from the real app: a seed, a browser, typed commands. `node tools/picture.mjs`.
 * @module
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ensureBuilt } from "./build.mjs";
import { findChromium } from "./chromium.mjs";
import { ensureInstalled, root } from "./install.mjs";

ensureInstalled();
ensureBuilt();
const folder = mkdtempSync(join(tmpdir(), "aether-picture-"));
const seed = spawn(process.execPath, [join(root, "dist/seed/main.js"), "--port", "0", "--data", folder], {
  stdio: ["ignore", "pipe", "inherit"],
});
const url = await new Promise((resolve) => {
  seed.stdout.on("data", (chunk) => {
    const found = /http:\/\/\S+/.exec(chunk.toString());
    if (found) resolve(found[0]);
  });
});
const browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1100, height: 700 }, colorScheme: "dark" });
await page.goto(url);
await page.waitForFunction(
  () => Number(/Height\s*(\d+)/.exec(document.querySelector("header")?.textContent ?? "")?.[1]) >= 5,
);
const transcript = page.locator('[data-region="transcript"]');
for (const [line, shown] of [
  ["status", "this tab"],
  ["peers", "websocket"],
  ["blocks 4", "ago"],
]) {
  await page.locator(".xterm-helper-textarea").focus();
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
  await transcript.getByText(shown).first().waitFor({ state: "attached" });
}
await page.screenshot({ path: join(root, "public", "shell.png") });
await browser.close();
seed.kill("SIGTERM");
await new Promise((resolve) => seed.once("exit", resolve));
rmSync(folder, { recursive: true, force: true });
