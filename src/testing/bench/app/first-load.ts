/**
 * What a first visit loads, compressed: as `npm run check` weighs it.
 * @module
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BenchRow } from "../row.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** One row for each budget. */
export function measureFirstLoad(): readonly BenchRow[] {
  const { stdout, stderr } = spawnSync(process.execPath, ["node_modules/size-limit/bin.js", "--json"], {
    cwd: root,
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(stderr);
  const weighed = JSON.parse(stdout) as readonly {
    readonly name: string;
    readonly size: number;
    readonly sizeLimit: number;
  }[];
  return weighed.map(({ name, size, sizeLimit }) => ({
    name: `gzip: ${name}`,
    unit: "kB",
    value: size / 1_000,
    goals: [{ of: "value", atMost: sizeLimit / 1_000 }],
    method: "size-limit over dist/app, the budgets of .size-limit.json",
    where: "build",
  }));
}
