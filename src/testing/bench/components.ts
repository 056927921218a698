/**
 * The benchmark of components: makes what is measured, measures it here, and again in a thread of a page in Chromium.
 */
import { readFileSync } from "node:fs";
import { openProfile } from "../../../e2e/harness.ts";
import { handMade, lowered } from "../veil/component-maker.ts";
import type { ComponentPage } from "../veil/component-page/contract.ts";
import { componentFiles, serveComponentPage } from "../veil/component-page-server.ts";
import { browserName } from "./browser-platform.ts";
import { type MeasuredComponents, measureComponents } from "./component-body.ts";
import type { BenchRow } from "./row.ts";

const callCount = 20_000;

function repeated(body: string): string {
  return `(loop $again ${body}
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $i) (i32.const ${callCount})))) (i32.const 0)`;
}

async function subjects(): Promise<MeasuredComponents> {
  const { now, later, ready, random } = lowered;
  return {
    program: new Uint8Array(readFileSync(componentFiles["wasi-probe"])),
    callCount,
    calls: {
      plain: await handMade({ functions: { now }, run: repeated("(drop (call $now))") }),
      handle: await handMade({
        functions: { later, ready },
        run: `(local.set $h (call $later (i64.const 1))) ${repeated("(drop (call $ready (local.get $h)))")}`,
      }),
      bytes: await handMade({
        functions: { random },
        allocate: "(i32.const 1024)",
        run: repeated("(call $random (i64.const 64) (i32.const 512))"),
      }),
    },
  };
}

/** Rows of Node and of Chromium. */
export async function measureComponentsEverywhere(): Promise<readonly BenchRow[]> {
  const measured = await subjects();
  const node = (await measureComponents(measured)).map((row) => ({ ...row, where: `Node ${process.versions.node}` }));
  const server = await serveComponentPage(measured.calls);
  const profile = await openProfile();
  try {
    const tab = await profile.open(server.url);
    const rows = await tab.page.evaluate(
      ([kinds, count]) => (window as unknown as { components: ComponentPage }).components.measure(kinds, count),
      [Object.keys(measured.calls), callCount] as const,
    );
    if (tab.errors.length > 0) throw new Error(`the page complained: ${tab.errors.join("; ")}`);
    return [...node, ...rows.map((row) => ({ ...row, where: browserName(tab) }))];
  } finally {
    await profile.close();
    server.close();
  }
}
