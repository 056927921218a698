/**
 * `credential`: what one person says about another, signed. What it does is loaded with its first use (../credentials).
 * @module
 */

import { knownPeople } from "../contacts.ts";
import { type CredentialAction, credentialActionNames } from "../credentials/action-names.ts";
import type { Command, CommandContext } from "./command.ts";
import { homePaths } from "./files.ts";
import { type LateActions, runAction } from "./late-actions.ts";
import { spendingOptions } from "./spending.ts";

const actions: LateActions<CredentialAction> = {
  names: credentialActionNames,
  writing: new Set(["issue", "present", "export"]),
  load: async () => (await import("../credentials/credential-actions.ts")).credentialActions,
};

/** Names of credentials of an open vault; none while it is locked. */
async function heldNames({ client }: Pick<CommandContext, "client">): Promise<readonly string[]> {
  const held = await client.heldCredentials();
  return held.ok ? held.value.map(({ name }) => name) : [];
}

/** `credential`. */
export const credentialCommand: Command = {
  name: "credential",
  group: "identity",
  summary: "signed statements about people: made, held, shown in part, checked, revoked",
  usage:
    "credential issue --to DID|@NAME --type NAME [NAME=VALUE…] [--days N] [--without-revocation] [--free] | hold FILE [NAME] | list | export NAME | remove NAME | request [--for AUDIENCE] | present FILE|NAME --for AUDIENCE --nonce NONCE [--show A,B] | verify FILE [--for AUDIENCE] [--nonce NONCE] [--issuer DID] | revoke FILE|TX:INDEX [--free] [--yes] [--dry-run] [--json]",
  options: {
    "--to DID": "issue: who is to hold it; an address, or a @NAME of `contact`",
    "--type NAME": "issue: what it is, a word or a URI",
    "--days N": "issue: how long it is good; 365 unless said, 0 for ever",
    "--without-revocation": "issue: make it without a mark on the chain; it can then only expire",
    "--show A,B": "present: the claims to show; without it none is shown, only that you hold it",
    "--for AUDIENCE":
      "present, request, verify: who it is shown to, an address, a @NAME or any word; your address unless said",
    "--nonce NONCE": "present, verify: what the one it is shown to has chosen",
    "--issuer DID": "verify: refuse it if anybody else than this address or @NAME has issued it",
    "--free": "issue, revoke: no fee: compute a stamp and use the free lane",
    ...spendingOptions,
  },
  examples: [
    "credential issue --to did:key:zQ3sh… --type member name=Ada level=3 > badge.sdjwt",
    "credential request",
    "credential present badge --show level --for @bo --nonce 5f2c… > shown.sdjwt",
    "credential verify shown.sdjwt --nonce 5f2c…",
    "credential revoke badge.sdjwt",
  ],
  spends: "always",
  spec: {
    flags: ["without-revocation", "free", "yes", "dry-run", "json"],
    values: ["to", "type", "days", "show", "for", "nonce", "issuer"],
    positionals: { least: 1, most: 65 },
  },
  readsInput: true,
  complete: async (world, operands) => [
    ...(operands.includes("NAME") ? await heldNames(world) : []),
    ...(operands.includes("FILE") ? await homePaths(world) : []),
  ],
  optionWords: {
    to: ({ client, longWords }) => knownPeople(client, longWords),
    for: ({ client, longWords }) => knownPeople(client, longWords),
    issuer: ({ client, longWords }) => knownPeople(client, longWords),
    days: ["30", "365"],
  },
  run: (context, options) => runAction(credentialCommand, actions, context, options),
};
