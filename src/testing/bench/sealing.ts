/**
 * What becomes of a file's bytes besides erasure codes: chunks sealed and opened, blocks named by their digest, a deal's bytes
 * hashed and shown for audits.
 * @module
 */
import { createSHA256 } from "hash-wasm";
import { equalBytes, joinBytes } from "#protocol/codec/bytes.ts";
import {
  AuditHasher,
  auditGroupBytes,
  auditGroupSpan,
  auditLeafBytes,
  auditLeafCount,
  auditLeafOf,
  checkAuditLeaf,
  drawnLeaves,
} from "#protocol/files/audit-tree.ts";
import { digestsOf } from "#protocol/files/block-digests.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { cut, seal, tagBytes, unseal } from "#protocol/files/sealing.ts";
import { main } from "#protocol/parameters.ts";
import { nativeDigest } from "../../platform/wasm/native-digest.ts";
import { Random } from "../random.ts";
import { compared, type MeasuredRow, medianOfRounds, medianRates, sampled, turns } from "./row.ts";

const chunks = 20;
const megabytes = (chunks * fileLimits.chunkBytes) / 1_000_000;
const dayMs = 86_400_000;
const gibibyte = 1_024 * 1_048_576;

/** Does it for each chunk of a turn; the last must be right. */
async function turn(once: () => Uint8Array | Promise<Uint8Array>, right: Uint8Array): Promise<number> {
  let given = new Uint8Array();
  for (let chunk = 0; chunk < chunks; chunk++) given = Uint8Array.from(await once());
  if (!equalBytes(given, right)) throw new Error("wrong bytes");
  return megabytes;
}

/** Our cipher against the platform's other one. */
async function measureCipher(clear: Uint8Array): Promise<MeasuredRow[]> {
  const random = new Random(2);
  const key = random.bytes(32);
  const sealed = seal(clear, key);
  const { subtle } = crypto;
  const nativeKey = await subtle.importKey("raw", key as Uint8Array<ArrayBuffer>, "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  const algorithm = { name: "AES-GCM", iv: new Uint8Array(12) };
  const native = async (bytes: Uint8Array) =>
    new Uint8Array(await subtle.encrypt(algorithm, nativeKey, bytes as Uint8Array<ArrayBuffer>));
  const theirs = await native(clear);
  const open = (): Uint8Array => {
    const opened = unseal(sealed, key);
    if (!opened.ok) throw new Error(opened.message);
    return opened.value;
  };
  const rates = await medianRates({
    seal: () => turn(() => seal(clear, key), sealed),
    nativeSeal: () => turn(() => native(clear), theirs),
    open: () => turn(open, clear),
    nativeOpen: () =>
      turn(
        async () => new Uint8Array(await subtle.decrypt(algorithm, nativeKey, theirs as Uint8Array<ArrayBuffer>)),
        clear,
      ),
  });
  const head = {
    unit: "MB/s",
    method: `${chunks} chunks of a mebibyte and ${tagBytes} bytes of tag a turn, one after the other, noble's cipher on the calling thread; ${medianOfRounds}`,
  };
  const rival = "AES-256-GCM of the platform";
  return [
    compared({ ...head, name: "chunks sealed, XChaCha20-Poly1305" }, rates.seal, {
      name: rival,
      value: rates.nativeSeal,
    }),
    compared({ ...head, name: "chunks opened, XChaCha20-Poly1305" }, rates.open, {
      name: rival,
      value: rates.nativeOpen,
    }),
  ];
}

/** Names of shards, and the tree that a deal is audited by, against SHA-256 of hash-wasm. */
async function measureHashes(clear: Uint8Array): Promise<MeasuredRow[]> {
  const shards = cut(clear, 10);
  const hasher = await createSHA256();
  const theirs = (bytes: Uint8Array): Uint8Array => hasher.init().update(bytes).digest("binary");
  const named = joinBytes(await digestsOf(shards, undefined));
  const audited = (): Uint8Array => {
    const tree = new AuditHasher();
    tree.add(clear);
    return tree.finish().root;
  };
  const leaves = cut(clear, auditLeafCount(clear.length));
  const rates = await medianRates({
    names: () => turn(async () => joinBytes(await digestsOf(shards, nativeDigest)), named),
    theirNames: () => turn(() => joinBytes(shards.map(theirs)), named),
    audited: () => turn(audited, audited()),
    theirLeaves: () => turn(() => joinBytes(leaves.map(theirs)), joinBytes(leaves.map(theirs))),
  });
  const unit = "MB/s";
  const method = `${chunks} mebibytes a turn; ${medianOfRounds}`;
  return [
    compared({ name: "blocks named, SHA-256 of the platform, ten shards at a time", unit, method }, rates.names, {
      name: "hash-wasm",
      value: rates.theirNames,
    }),
    compared({ name: "a deal's bytes hashed for its audits, once a deal", unit, method }, rates.audited, {
      name: "hash-wasm over the leaves alone, no tree",
      value: rates.theirLeaves,
    }),
  ];
}

/** What one audit of a gibibyte takes a keeper once the blocks are read: all groups are the same bytes, which costs the same. */
function measureAudit(group: Uint8Array): MeasuredRow {
  const hasher = new AuditHasher();
  for (let at = 0; at < gibibyte; at += auditGroupBytes) hasher.add(group);
  const tree = hasher.finish();
  const random = new Random(4);
  const { leavesPerAudit, auditBlocks } = main.storage;
  const bytes: number[] = [];
  const samples = Array.from({ length: 4 * turns }, () => {
    const wanted = drawnLeaves(random.bytes(32), tree.bytes, leavesPerAudit);
    const startedMs = performance.now();
    const shown = wanted.map((index) => {
      const { from, to } = auditGroupSpan(tree.bytes, index);
      return auditLeafOf(tree, index, group.subarray(0, to - from));
    });
    const tookMs = performance.now() - startedMs;
    if (!shown.every((leaf, i) => checkAuditLeaf(tree, wanted[i] as number, leaf))) throw new Error("a wrong leaf");
    bytes.push(shown.reduce((sum, { leaf, path }) => sum + leaf.length + 32 * path.length, 0));
    return tookMs;
  });
  const aDay = dayMs / (auditBlocks * main.blockIntervalMs);
  const method = `${leavesPerAudit} leaves of ${auditLeafBytes} bytes with their paths, ${Math.max(...bytes)} bytes in a transaction at most, ${aDay} a day on the main network; ${leavesPerAudit} mebibytes are read for it, which is not timed`;
  return sampled({ name: "an audit of a gibibyte answered", unit: "ms", method }, samples);
}

/** Rows for sealing, names and audits, on one thread. */
export async function measureSealing(): Promise<MeasuredRow[]> {
  const clear = new Random(1).bytes(fileLimits.chunkBytes);
  return [...(await measureCipher(clear)), ...(await measureHashes(clear)), measureAudit(clear)];
}
