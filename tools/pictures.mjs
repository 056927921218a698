/**
 * Draws the app's icons from public/icon.svg and takes the pictures of README and manifest from the real app: a seed, a
 * browser, typed commands. What it writes is committed. `node tools/pictures.mjs`.
 * @module
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ensureBuilt } from "./build.mjs";
import { findChromium } from "./chromium.mjs";
import { ensureInstalled, root } from "./install.mjs";

const inPublic = (...path) => join(root, "public", ...path);

/** Icons: the mark in its rounded square; for who cuts its own shape, the ground fills all and the mark keeps away from the edge. */
const icons = [
  { file: "icon-192.png", size: 192, isCut: false },
  { file: "icon-512.png", size: 512, isCut: false },
  { file: "maskable-512.png", size: 512, isCut: true },
  { file: "apple-180.png", size: 180, isCut: true },
];

async function drawIcons(browser) {
  const svg = readFileSync(inPublic("icon.svg"), "utf8");
  mkdirSync(inPublic("icons"), { recursive: true });
  for (const { file, size, isCut } of icons) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    const side = isCut ? size * 0.76 : size;
    const ground = isCut ? "#0b1020" : "transparent";
    await page.setContent(
      `<style>body{margin:0;display:grid;place-items:center;height:100vh;background:${ground}}svg{width:${side}px;height:${side}px}</style>${svg}`,
    );
    await page.screenshot({ path: inPublic("icons", file), omitBackground: true });
    await page.close();
  }
}

/** What is typed for a picture, and what it shows then. */
const looking = [
  ["status", "this tab"],
  ["peers", "websocket"],
  ["blocks 4", "ago"],
];

/** With windows beside the terminal. */
const withWindows = [
  ["echo 'milk, bread' > notes/shopping.txt && echo kept", "kept"],
  ["primes 1 60 > primes.txt && echo found", "found"],
  ["open network", "open network"],
  ["open files", "open files"],
  ["blocks 4", "ago"],
];

/** Opens the app, types a few commands and takes a picture. */
async function takePicture(browser, url, path, options, lines = looking) {
  const page = await browser.newPage({ colorScheme: "dark", ...options });
  await page.goto(url);
  await page.waitForFunction(
    () => Number(/Height\s*(\d+)/.exec(document.querySelector("header")?.textContent ?? "")?.[1]) >= 5,
  );
  const transcript = page.locator('[data-region="transcript"]');
  for (const [line, shown] of lines) {
    await page.locator(".xterm-helper-textarea").focus();
    await page.keyboard.type(line);
    await page.keyboard.press("Enter");
    await transcript.getByText(shown).first().waitFor({ state: "attached" });
  }
  // What windows show is asked of the node.
  for (const window of await page.locator(".window").all())
    await window.and(page.locator('[aria-busy="false"]')).waitFor();
  await page.screenshot({ path });
  await page.close();
}

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
await drawIcons(browser);
mkdirSync(inPublic("screenshots"), { recursive: true });
await takePicture(browser, url, inPublic("shell.png"), { viewport: { width: 1100, height: 700 } });
await takePicture(browser, url, inPublic("screenshots", "wide.png"), { viewport: { width: 1280, height: 800 } });
await takePicture(browser, url, inPublic("screenshots", "narrow.png"), {
  viewport: { width: 360, height: 740 },
  deviceScaleFactor: 2,
  isMobile: true,
});
mkdirSync(join(root, "docs"), { recursive: true });
const desk = { viewport: { width: 1280, height: 800 }, colorScheme: "light" };
await takePicture(browser, url, join(root, "docs", "windows.png"), desk, withWindows);
await browser.close();
seed.kill("SIGTERM");
await new Promise((resolve) => seed.once("exit", resolve));
rmSync(folder, { recursive: true, force: true });
