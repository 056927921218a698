/**
 * Finds a Chromium for the browser tests, or installs one: CHROMIUM_PATH, then the PATH, then Playwright's own
 * download, then Debian's package when we are root.
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fail, root } from "./install.mjs";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

function onPath() {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of names) if (existsSync(join(folder, name))) return join(folder, name);
  }
  return undefined;
}

async function playwrightOwn() {
  const { chromium } = await import("playwright-core");
  const path = chromium.executablePath();
  if (existsSync(path)) return path;
  const cli = join(root, "node_modules", "playwright-core", "cli.js");
  const result = spawnSync(process.execPath, [cli, "install", "chromium"], { stdio: "inherit", timeout: 180_000 });
  return result.status === 0 && existsSync(path) ? path : undefined;
}

function fromDebian() {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { stdio: "inherit", env });
  spawnSync("apt-get", ["install", "-y", "-qq", "chromium"], { stdio: ["ignore", "ignore", "inherit"], env });
  return onPath();
}

/** Path of a Chromium that can be started; ends the process with advice if there is none. */
export async function findChromium() {
  const wanted = process.env.CHROMIUM_PATH;
  if (wanted !== undefined && wanted !== "") {
    if (!existsSync(wanted)) fail(`CHROMIUM_PATH names ${wanted}, which is not there.`);
    return wanted;
  }
  const found = onPath() ?? (await playwrightOwn()) ?? fromDebian();
  if (found === undefined) fail("No Chromium found and none could be installed. Set CHROMIUM_PATH to one.");
  return found;
}
