/**
 * Passkeys by WebAuthn with its PRF extension: the authenticator makes 32 secret bytes of a salt after it has verified
 * its owner. Nothing is sent to anybody: challenge and user are random, no attestation is asked for.
 * @module
 */
import { base64urlnopad } from "@scure/base";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { KnownPasskey, PasskeyAnswer, Passkeys } from "#sdk/passkeys.ts";

/** How long a person may look for their key. */
const patienceMs = 120_000;

const saltBytes = 32;

/** What the page needs of its browser. */
export interface PasskeyHost {
  /** Name of the site, to which passkeys are bound. */
  readonly hostname: string;
  /** Undefined where the browser knows no passkeys. */
  readonly credentials: Pick<CredentialsContainer, "create" | "get"> | undefined;
  /** What the browser says it can do; an empty object where it does not say. */
  capabilities(): Promise<Readonly<Record<string, boolean | undefined>>>;
  random(length: number): Uint8Array<ArrayBuffer>;
}

const withoutPrf = rejected(
  "passkey-unavailable",
  "This passkey keeps no secret for pages (its maker lacks the PRF extension), so it cannot open a vault. Nothing was changed: " +
    "your passphrase opens it. You may delete the passkey in the settings of your device.",
);

function refusalOf(error: unknown): Rejected {
  const name = error instanceof Error ? error.name : "";
  if (name === "InvalidStateError")
    return rejected("passkey-failed", "That passkey opens this vault already; nothing was changed.");
  if (name === "NotAllowedError" || name === "AbortError")
    return rejected("cancelled", "No passkey was used, or none of this vault is here; nothing was changed.");
  return rejected("passkey-unavailable", "The browser refused to use a passkey here; nothing was changed.", {
    cause: String(error),
  });
}

/** The secret in what a passkey has answered; null if there is none. */
function secretOf(credential: PublicKeyCredential): Uint8Array | null {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (first === undefined) return null;
  return first instanceof ArrayBuffer
    ? new Uint8Array(first)
    : new Uint8Array(first.buffer, first.byteOffset, first.byteLength);
}

function describe({ credentialId }: KnownPasskey): PublicKeyCredentialDescriptor {
  return { type: "public-key", id: credentialId.slice() };
}

async function ask(
  { credentials, hostname, random }: PasskeyHost,
  known: readonly KnownPasskey[],
): Promise<Result<PasskeyAnswer>> {
  const evalByCredential = Object.fromEntries(
    known.map(({ credentialId, salt }) => [base64urlnopad.encode(credentialId), { first: salt.slice() }]),
  );
  try {
    const credential = await credentials?.get({
      publicKey: {
        challenge: random(32),
        rpId: hostname,
        allowCredentials: known.map(describe),
        userVerification: "required",
        timeout: patienceMs,
        extensions: { prf: { evalByCredential } },
      },
    });
    if (!(credential instanceof PublicKeyCredential)) return withoutPrf;
    const used = known.find(({ credentialId }) => base64urlnopad.encode(credentialId) === credential.id);
    const secret = secretOf(credential);
    return used === undefined || secret === null ? withoutPrf : accepted({ ...used, secret });
  } catch (error) {
    return refusalOf(error);
  }
}

async function create(
  host: PasskeyHost,
  label: string,
  known: readonly KnownPasskey[],
): Promise<Result<PasskeyAnswer>> {
  const salt = host.random(saltBytes);
  try {
    const credential = await host.credentials?.create({
      publicKey: {
        challenge: host.random(32),
        rp: { id: host.hostname, name: "AetherChain" },
        user: { id: host.random(16), name: label, displayName: label },
        // ES256, EdDSA, RS256: what it signs with does not matter here, only that it is there.
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        excludeCredentials: known.map(describe),
        attestation: "none",
        timeout: patienceMs,
        extensions: { prf: { eval: { first: salt } } },
      },
    });
    if (!(credential instanceof PublicKeyCredential)) return withoutPrf;
    if (credential.getClientExtensionResults().prf?.enabled !== true) return withoutPrf;
    const made = { credentialId: new Uint8Array(credential.rawId), salt };
    const secret = secretOf(credential);
    // Many make the secret only when they are used, not when they are made.
    return secret === null ? ask(host, [made]) : accepted({ ...made, secret });
  } catch (error) {
    return refusalOf(error);
  }
}

async function obstacleOf({ credentials, hostname, capabilities }: PasskeyHost): Promise<string | null> {
  if (credentials === undefined) return "this browser knows no passkeys";
  if (/^[\d.]+$|:/.test(hostname))
    return `passkeys are bound to a site's name, and this page was opened by the number ${hostname}`;
  return (await capabilities())["extension:prf"] === false ? "passkeys keep no secret in this browser (no PRF)" : null;
}

/** Passkeys of a browser. */
export function createPasskeys(host: PasskeyHost): Passkeys {
  return {
    obstacle: () => obstacleOf(host),
    create: (label, known) => create(host, label, known),
    ask: (known) => ask(host, known),
  };
}

/** What this page's browser offers. */
export function pageHost(page: Window): PasskeyHost {
  const hasPasskeys = typeof PublicKeyCredential === "function" && "credentials" in page.navigator;
  return {
    hostname: page.location.hostname,
    credentials: hasPasskeys ? page.navigator.credentials : undefined,
    capabilities: async () => {
      try {
        return (await PublicKeyCredential.getClientCapabilities?.()) ?? {};
      } catch {
        return {};
      }
    },
    random: (length) => page.crypto.getRandomValues(new Uint8Array(length)),
  };
}
