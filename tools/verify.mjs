/**
 * `npm run verify-receipt -- FILE`, `npm run verify-state -- FILE …`: installs and builds when needed, then checks a file.
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt } from "./build.mjs";
import { ensureInstalled, root } from "./install.mjs";

const [program, ...given] = process.argv.slice(2);
ensureInstalled();
ensureBuilt();
// npm changes into the checkout; a file is meant from where the command was typed.
const cwd = process.env.INIT_CWD ?? process.cwd();
const built = join(root, "dist", "seed", `${program}.js`);
process.exit(spawnSync(process.execPath, [built, ...given], { stdio: "inherit", cwd }).status ?? 1);
