/**
 * The four locks an output can carry, and the witness that opens one.
 * @module
 */
import { byteString, bytes32, list, nullable, record, type Schema, text, union, unsigned } from "../codec/schema.ts";
import { limits } from "../parameters.ts";

/** Who may spend an output. `keyHash` is `SHA-256(tag("aether/key/1") ‖ compressed public key)`. */
export type Lock =
  /** One key signs. */
  | { readonly type: "key"; readonly keyHash: Uint8Array }
  /** `required` of `keyHashes` (strictly ascending, so that one set has one encoding) sign. */
  | { readonly type: "threshold"; readonly required: number; readonly keyHashes: readonly Uint8Array[] }
  /** Recipient with a preimage of `paymentHash` (plain SHA-256) below `height`; the refund key from `height` on. */
  | {
      readonly type: "hash-time";
      readonly paymentHash: Uint8Array;
      readonly recipient: Uint8Array;
      readonly refund: Uint8Array;
      readonly height: number;
    }
  /** Only the rule of that system program may spend it. */
  | { readonly type: "program"; readonly program: string };

/** A public key and its signature over the transaction id. */
export interface KeySignature {
  /** Compressed secp256k1 point, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** r ‖ s, 64 bytes, s in the lower half of the order. */
  readonly signature: Uint8Array;
}

/** What opens a lock: a preimage for the claim of a hash-time lock, and as many signatures as the lock asks for. */
export interface Witness {
  readonly preimage: Uint8Array | null;
  /** In the order of the lock's key hashes. */
  readonly signatures: readonly KeySignature[];
}

/** Wire form of {@link Lock}. */
export const lockSchema: Schema<Lock> = union<Lock>("unknown-lock", {
  key: { number: 0, fields: { keyHash: bytes32 }, make: (keyHash: Uint8Array) => ({ type: "key", keyHash }) },
  threshold: {
    number: 1,
    fields: { required: unsigned(limits.thresholdKeys), keyHashes: list(bytes32, limits.thresholdKeys, 1) },
  },
  "hash-time": {
    number: 2,
    fields: { paymentHash: bytes32, recipient: bytes32, refund: bytes32, height: unsigned() },
  },
  program: {
    number: 3,
    fields: { program: text(limits.programNameBytes) },
    make: (program: string) => ({ type: "program", program }),
  },
});

/** Wire form of {@link Witness}. */
export const witnessSchema: Schema<Witness> = record<Witness>(
  {
    preimage: nullable(byteString(0, limits.preimageBytes)),
    signatures: list(
      record<KeySignature>({ publicKey: byteString(33, 33), signature: byteString(64, 64) }),
      limits.thresholdKeys,
    ),
  },
  (preimage: Uint8Array | null, signatures: readonly KeySignature[]) => ({ preimage, signatures }),
);
