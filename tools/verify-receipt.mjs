/**
 * `npm run verify-receipt -- FILE`: installs and builds when needed, then checks a receipt of proved execution.
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt } from "./build.mjs";
import { ensureInstalled, root } from "./install.mjs";

ensureInstalled();
ensureBuilt();
const program = join(root, "dist", "seed", "verify-receipt.js");
// npm changes into the checkout; a file is meant from where the command was typed.
const cwd = process.env.INIT_CWD ?? process.cwd();
process.exit(spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: "inherit", cwd }).status ?? 1);
