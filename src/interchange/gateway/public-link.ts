/**
 * Addresses of files that everybody may read, as IPFS writes them: `ipfs://CID/path`, `/ipfs/CID/path`, or the latter on any
 * host (https://specs.ipfs.tech/http-gateways/path-gateway/).
 * @module
 */
import { CID } from "multiformats/cid";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { checkContentId, codecs } from "../content-id.ts";
import { gatewayLimits } from "../limits.ts";
import { isPlainName } from "../unixfs-node.ts";

/** What an address names. */
export interface PublicLink {
  readonly cid: CID;
  /** Names from the root on. */
  readonly path: readonly string[];
  /** Written with a slash at its end. */
  readonly isFolder: boolean;
  /** What the file is to be called, if the address says so. */
  readonly filename: string | null;
  /** Only the block of that CID is meant, as it is. */
  readonly isBlock: boolean;
}

/** Letters of the longest CID that is read: 36 bytes in base 16 and more. */
const longestCid = 128;

const wrong = (message: string) => rejected("invalid-argument", message);

const noCid = wrong(
  "This is no CID: one begins with bafy, bafk or Qm and names a file or folder, as in /ipfs/bafkrei…. Copy it whole.",
);

/** Reads a CID of a file or folder. */
export function readPublicCid(text: string): Result<CID> {
  if (text.length > longestCid) return noCid;
  let cid: CID;
  try {
    cid = CID.parse(text);
  } catch {
    return noCid;
  }
  if (cid.code === codecs.raw || cid.code === codecs.dagPb) return checkContentId(cid);
  return rejected(
    "unsupported-feature",
    `${cid.toString()} names no file or folder (its codec is 0x${cid.code.toString(16)}).`,
  );
}

function readPath(text: string): Result<readonly string[]> {
  const names: string[] = [];
  for (const part of text.split("/")) {
    let name: string;
    try {
      name = decodeURIComponent(part);
    } catch {
      return wrong("The path of the address is not written as addresses are.");
    }
    if (!isPlainName(name)) return wrong("The path of the address has a name that leads elsewhere.");
    names.push(name);
  }
  return names.length > gatewayLimits.pathNames
    ? wrong(`The path of an address has at most ${gatewayLimits.pathNames} names.`)
    : accepted(names);
}

/** The name that a query gives a file; none that is not written as addresses are. */
function filenameIn(query: string): string | null {
  const [, written = ""] = /(?:^|&)filename=([^&]*)/.exec(query) ?? [];
  try {
    const name = decodeURIComponent(written.replaceAll("+", " "));
    return isPlainName(name) ? name : null;
  } catch {
    return null;
  }
}

const form =
  /^(?:ipfs:\/\/(?:ipfs\/)?|(?:https?:\/\/[^/?#]+)?\/ipfs\/)([^/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?(?:#.*)?$/i;

/** Reads an address. */
export function readPublicLink(text: string): Result<PublicLink> {
  if (text.length > gatewayLimits.addressLength) return wrong("The address is too long.");
  const [whole, name = "", tail = "", query = ""] = form.exec(text) ?? [];
  if (whole === undefined) return noCid;
  const cid = readPublicCid(name);
  if (!cid.ok) return cid;
  const isFolder = tail.endsWith("/") || (tail === "" && /\/(?:[?#].*)?$/.test(text));
  const bare = tail.replace(/\/$/, "");
  const path = bare === "" ? accepted([]) : readPath(bare);
  if (!path.ok) return path;
  const [, format = null] = /(?:^|&)format=([^&]*)/.exec(query) ?? [];
  const isBlock = format === "raw";
  if (format !== null && (!isBlock || path.value.length > 0))
    return rejected(
      "unsupported-feature",
      "Of other formats than files there are single blocks: /ipfs/CID?format=raw.",
    );
  return accepted({ cid: cid.value, path: path.value, isFolder, filename: filenameIn(query), isBlock });
}

/** The address on a host's own origin; a file without a name in its path gets one that way. */
export function writePublicPath(cid: CID, path: readonly string[] = [], filename: string | null = null): string {
  const names = [cid.toString(), ...path].map((name) => encodeURIComponent(name)).join("/");
  return `/ipfs/${names}${filename === null ? "" : `?filename=${encodeURIComponent(filename)}`}`;
}
