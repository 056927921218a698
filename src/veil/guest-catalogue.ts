/**
 * The programs that come with the app: a list, loaded when it is first asked for, and the bytes of each, loaded when they
 * are. Nothing is taken from a file that does not have the digest of the list.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type Capability, capabilities } from "./run.ts";
import { unreachable } from "./unreachable.ts";

/** The file that holds the list, beside the programs. */
const manifestFile = "manifest.json";

/** A program that comes with the app. */
export interface CataloguedGuest {
  readonly name: string;
  /** A few words. */
  readonly summary: string;
  /** What it is written in. */
  readonly language: string;
  /** SHA-256 of its bytes, hexadecimal. */
  readonly digest: string;
  readonly file: string;
  readonly bytes: number;
  /** What it must be granted. */
  readonly capabilities: readonly Capability[];
}

/** Gets a file of the programs' folder by its name; nothing if it cannot be had now. */
export type GuestFileReader = (file: string) => Promise<Uint8Array | undefined>;

/** List and bytes. */
export interface GuestCatalogue {
  list(): Promise<Result<readonly CataloguedGuest[]>>;
  /** Refused as `not-found` if there is no such program, as `disconnected` if it cannot be had now. */
  load(name: string): Promise<Result<{ readonly guest: CataloguedGuest; readonly bytes: Uint8Array }>>;
}

function isGuest(value: unknown): value is CataloguedGuest {
  const guest = value as Record<string, unknown> | null;
  if (typeof guest !== "object" || guest === null) return false;
  const texts = ["name", "summary", "language", "digest", "file"].every((field) => typeof guest[field] === "string");
  const known: readonly unknown[] = capabilities;
  return (
    texts &&
    typeof guest.bytes === "number" &&
    Array.isArray(guest.capabilities) &&
    guest.capabilities.every((item) => known.includes(item))
  );
}

/** The list of a manifest; nothing if it is not one. */
function guestsOf(text: string): readonly CataloguedGuest[] | undefined {
  try {
    const guests: unknown = JSON.parse(text);
    return Array.isArray(guests) && guests.every(isGuest) ? guests : undefined;
  } catch {
    return undefined;
  }
}

/** The programs of a folder. What was loaded is kept; what failed is tried again. */
export function createGuestCatalogue(read: GuestFileReader): GuestCatalogue {
  let known: readonly CataloguedGuest[] | undefined;
  const loaded = new Map<string, Uint8Array>();
  const list = async (): Promise<Result<readonly CataloguedGuest[]>> => {
    if (known !== undefined) return accepted(known);
    const bytes = await read(manifestFile);
    if (bytes === undefined) return unreachable("The list of programs");
    known = guestsOf(decodeUtf8(bytes, 0, bytes.length) ?? "");
    return known === undefined ? rejected("bad-response", "The list of programs is not one.") : accepted(known);
  };
  return {
    list,
    load: async (name) => {
      const all = await list();
      if (!all.ok) return all;
      const guest = all.value.find((each) => each.name === name);
      if (guest === undefined) {
        const names = all.value.map((each) => each.name).join(", ");
        return rejected("not-found", `There is no program ${JSON.stringify(name)} here. There are: ${names}.`);
      }
      const bytes = loaded.get(name) ?? (await read(guest.file));
      if (bytes === undefined) return unreachable(`The program ${name}`);
      if (toHex(sha256(bytes)) !== guest.digest) {
        return rejected("bad-response", `The program ${name} that was loaded is not the one of the list. Nothing ran.`);
      }
      loaded.set(name, bytes);
      return accepted({ guest, bytes });
    },
  };
}
