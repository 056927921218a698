/**
 * What `man` says of the commands in commands/installed.ts.
 * @module
 */
import { whyInstall } from "../../commands/installed.ts";

/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  install: `${whyInstall} Do it before you make keys (\`id new\` offers it): on some devices an installed app has storage of its own. Where the browser can ask, it asks; else you are told the steps. Nothing needs it. Files of programs (.wasm) and backups (.aether) open with the installed app: each is put among your files, you are told what it is, and its command waits at the prompt; nothing runs by itself.`,
  update:
    "Asks the server for a newer build and switches this tab to it: the page is loaded anew, and what runs in it ends (you are asked first). Other tabs keep their own build, with all its files, until they are loaded anew. A newer build never takes over by itself while a tab is open, and an older one than has run here is refused.",
};
