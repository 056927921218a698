/**
 * What programs were granted and denied, kept on this device for all tabs.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { byteString, decode, list, nullable, record, type Schema, text, unsigned } from "#protocol/codec/schema.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ProgramGrant, ProgramGrants } from "#sdk/grants.ts";
import { KeptFile, mostKeptBytes } from "./kept-file.ts";
import type { VaultStore } from "./vault-store.ts";

/** Programs remembered; with all their files they fit into the file. */
const mostPrograms = 256;

/** Characters kept of a name. */
const nameCharacters = 64;

/** Files named in one grant, and bytes of them all. */
const mostFiles = 32;
const mostFileBytes = 2_048;

/** Capabilities there may ever be, and the length of a name. */
const mostCapabilities = 16;
const capabilityBytes = 32;

type KeptGrant = Omit<ProgramGrant, "digest"> & { readonly digest: Uint8Array };

const grantsSchema: Schema<{ readonly programs: readonly KeptGrant[] }> = record<{
  readonly programs: readonly KeptGrant[];
}>({
  programs: list(
    record<KeptGrant>({
      digest: byteString(32, 32),
      name: text(4 * nameCharacters),
      capabilities: nullable(list(text(capabilityBytes), mostCapabilities)),
      files: nullable(list(text(mostFileBytes), mostFiles)),
      grantedMs: unsigned(),
      endsMs: nullable(unsigned()),
    }),
    mostPrograms,
  ),
});

type Grants = { readonly programs: readonly KeptGrant[] };

function read(bytes: Uint8Array | undefined): Result<Grants> {
  if (bytes === undefined) return accepted({ programs: [] });
  const found = decode(grantsSchema, bytes, mostKeptBytes);
  const words =
    "What programs were granted and denied on this device is damaged. Nothing was run. `grant --reset` forgets all of it and begins anew.";
  return found.ok ? found : rejected("storage-corrupt", words);
}

function kept({ digest, name, files, ...rest }: ProgramGrant): Result<KeptGrant> {
  const bytes = fromHex(digest);
  if (bytes?.length !== 32) return rejected("invalid-argument", "A program's digest has 64 hexadecimal digits.");
  const length = new TextEncoder().encode((files ?? []).join("")).length;
  if ((files ?? []).length > mostFiles || length > mostFileBytes)
    return rejected(
      "too-many",
      `A grant names at most ${mostFiles} files, with ${mostFileBytes} bytes of names. Nothing was changed.`,
    );
  return accepted({ ...rest, files, digest: bytes, name: [...name].slice(0, nameCharacters).join("") });
}

/** The grants in a file. */
export function createProgramGrants(store: VaultStore): ProgramGrants {
  const file = new KeptFile<Grants>({ store, schema: grantsSchema, read, subject: "what programs are granted" });
  const views = (grants: Result<Grants>): Result<readonly ProgramGrant[]> =>
    grants.ok
      ? accepted(grants.value.programs.map(({ digest, ...rest }) => ({ ...rest, digest: toHex(digest) })))
      : grants;
  return {
    list: async () => views(await file.read()),
    remember: async (grant) => {
      const added = kept(grant);
      if (!added.ok) return added;
      const change = ({ programs }: Grants): Result<Grants> => {
        const others = programs.filter(({ digest }) => toHex(digest) !== grant.digest);
        return others.length < mostPrograms
          ? accepted({ programs: [...others, added.value] })
          : rejected("too-many", `${mostPrograms} programs are remembered, and no more can be. Nothing was changed.`);
      };
      return views(await file.change(change));
    },
    forgetAll: async () => views(await file.change(() => accepted({ programs: [] }), true)),
  };
}
