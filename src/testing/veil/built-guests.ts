/**
 * The programs of guests/ as they are built, for tests.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGuestCatalogue, type GuestCatalogue } from "#veil/guest-catalogue.ts";

/** Builds the programs into a folder of their own and gives them all. */
export async function builtGuests(): Promise<{ catalogue: GuestCatalogue; bytes: ReadonlyMap<string, Uint8Array> }> {
  const folder = mkdtempSync(join(tmpdir(), "aether-guests-"));
  try {
    const built = spawnSync(process.execPath, ["tools/build-guests.mjs", `--into=${folder}`], { encoding: "utf8" });
    if (built.status !== 0) throw new Error(`the programs cannot be built: ${built.stderr}`);
    const catalogue = createGuestCatalogue(async (file) => new Uint8Array(readFileSync(join(folder, file))));
    const list = await catalogue.list();
    if (!list.ok) throw new Error(list.message);
    const bytes = new Map<string, Uint8Array>();
    for (const { name } of list.value) {
      const loaded = await catalogue.load(name);
      if (!loaded.ok) throw new Error(loaded.message);
      bytes.set(name, loaded.value.bytes);
    }
    return { catalogue, bytes };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
