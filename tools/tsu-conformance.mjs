/**
 * `npm run tsu-conformance`: installs and builds when needed, then tries a sampling unit (`-- --help` lists the flags).
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt } from "./build.mjs";
import { ensureInstalled, root } from "./install.mjs";

ensureInstalled();
ensureBuilt();
const suite = join(root, "dist", "seed", "tsu-conformance.js");
process.exit(spawnSync(process.execPath, [suite, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1);
