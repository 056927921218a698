/**
 * Steps that bring the records of an earlier format forward, one version at a time. A step may be run again after a crash
 * in its middle: its last write, in one transaction with the version, is what ends it. Steps are never edited once
 * released, only appended to.
 * @module
 */
import { bigEndian, concatBytes, equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { formatKey, formatVersion, headKey, mostTips, records, tipsKey } from "./chain-records.ts";
import type { Store, Write } from "./ports.ts";
import { pages } from "./store-pages.ts";

/** From version 1 on, in order; each gives the writes that go with the new version. */
const steps: readonly ((store: Store) => Promise<readonly Write[]>)[] = [rememberTips];

/** Brings a store of an earlier version to the current one. */
export async function migrateRecords(store: Store, from: number, networkId: Uint8Array): Promise<void> {
  for (let version = from; version < formatVersion; version++) {
    const step = steps[version - 1];
    if (step === undefined) throw new Error(`no step from format ${version}`);
    const mark = concatBytes(Uint8Array.of(version + 1), networkId);
    await store.commit([...(await step(store)), { table: "meta", key: formatKey, value: mark }]);
  }
}

/** 1 → 2: side branches were found by reading all headers; now their tips are remembered. */
async function rememberTips(store: Store): Promise<readonly Write[]> {
  if ((await store.get("meta", headKey)) === undefined) return [];
  const parents = new Set<string>();
  const side: { readonly hash: Uint8Array; readonly work: Uint8Array }[] = [];
  for await (const page of pages(store, "headers")) {
    for (const [hash, bytes] of page) {
      const record = records.header.decode(bytes);
      // A damaged record is found when the chain is loaded.
      if (!record.ok) continue;
      const { header, totalWork } = record.value;
      parents.add(toHex(header.parent));
      const canonical = await store.get("canonical", bigEndian(header.height, 8));
      if (canonical === undefined || !equalBytes(canonical, hash)) side.push({ hash, work: totalWork });
    }
  }
  const heavier = (a: Uint8Array, b: Uint8Array): number =>
    b.length - a.length || (toHex(a) < toHex(b) ? 1 : toHex(a) > toHex(b) ? -1 : 0);
  const tips = side.filter(({ hash }) => !parents.has(toHex(hash))).sort((a, b) => heavier(a.work, b.work));
  const value = records.tips.encode(tips.slice(0, mostTips).map(({ hash }) => hash));
  return [{ table: "meta", key: tipsKey, value }];
}
