/**
 * Metering with every NaN made canonical, seen or not: what the analysis that leaves most of them alone must be
 * indistinguishable from.
 */
import { BinaryReader } from "#protocol/veil/binary-reader.ts";
import { BinaryWriter } from "#protocol/veil/binary-writer.ts";
import { BodyWriter } from "#protocol/veil/body-writer.ts";
import { BranchHints } from "#protocol/veil/branch-hints.ts";
import { edit } from "#protocol/veil/edits.ts";
import { IndexMap } from "#protocol/veil/index-map.ts";
import { type MeteredModule, meterModule } from "#protocol/veil/meter.ts";
import { readModule } from "#protocol/veil/module-reader.ts";
import { writeModule } from "#protocol/veil/module-writer.ts";
import { generous } from "./metered-run.ts";

/** The metered form under generous limits, without the analysis. */
export function meteredWithAllNans(bytes: Uint8Array): MeteredModule {
  let map: IndexMap | undefined;
  let writer: BodyWriter | undefined;
  const checked = readModule(new BinaryReader(bytes), (body) => {
    map ??= new IndexMap(body.shape, generous.mode, generous.counters);
    writer ??= new BodyWriter(body, map);
    for (let i = 0; i < body.edits.count; i++) {
      const kind = body.edits.kind(i);
      if (kind === edit.canonicalF32 || kind === edit.canonicalF64) body.edits.setArgument(i, 1);
    }
    writer.write();
  });
  map ??= new IndexMap(checked.shape, generous.mode, generous.counters);
  const metered = meterModule(bytes, generous);
  if (!metered.ok) throw new Error(metered.message);
  const code = writer ?? { code: new BinaryWriter(), hints: new BranchHints() };
  return { ...metered.value, bytes: writeModule(bytes, checked, map, code, generous.memoryPages) };
}
