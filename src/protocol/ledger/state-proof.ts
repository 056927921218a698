/**
 * Proofs that a key has a value in a state, or that it has none. The node hash does not say at which bit a node
 * branches, so a path that merely ends in another leaf proves nothing. Absence is shown by the neighbours in key order:
 * two proved leaves between which no other can lie, because their paths part at one node and hug that parting below it.
 * @module
 */
import { compareBytes, concatBytes, equalBytes } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { byteString, bytes32, decode, encode, list, nullable, record, type Schema, unsigned } from "../codec/schema.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { bitOf, isBranch, type Leaf, type StateNode, stateKeyBytes } from "./state-node.ts";
import { emptyStateRoot, type StateTree } from "./state-tree.ts";

/** Bounds of a proof: two leaves of the longest values there are (the lists of all voters) with their ways. */
export const proofLimits = { bytes: 163_840, pathLength: 256, valueBytes: 65_536 } as const;

/** One step from the root down: which side the leaf is on, and the hash of the other side. */
interface Step {
  /** 0: the leaf is under the left child; 1: under the right. */
  readonly side: number;
  readonly sibling: Uint8Array;
}

/** A leaf with its way from the root. */
interface ProvedLeaf {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly path: readonly Step[];
}

/** The leaf itself, or the neighbours between which it is missing. */
export interface StateProof {
  /** The leaf at the key, or else the greatest leaf below it; null if there is none. */
  readonly atOrBelow: ProvedLeaf | null;
  /** The least leaf above an absent key; null if there is none or the key is present. */
  readonly above: ProvedLeaf | null;
}

const provedLeafSchema: Schema<ProvedLeaf> = record<ProvedLeaf>({
  key: bytes32,
  value: byteString(0, proofLimits.valueBytes),
  path: list(record<Step>({ side: unsigned(1), sibling: bytes32 }), proofLimits.pathLength),
});

/** Wire form of {@link StateProof}. */
export const stateProofSchema: Schema<StateProof> = record<StateProof>({
  atOrBelow: nullable(provedLeafSchema),
  above: nullable(provedLeafSchema),
});

/** Canonical bytes of a proof. */
export function encodeStateProof(proof: StateProof): Uint8Array {
  return encode(stateProofSchema, proof);
}

/** Strictly decodes a proof. */
export function decodeStateProof(bytes: Uint8Array): Result<StateProof> {
  return decode(stateProofSchema, bytes, proofLimits.bytes);
}

function pathTo(tree: StateTree, leaf: Leaf): ProvedLeaf {
  const path: Step[] = [];
  let node = tree.top as StateNode;
  while (isBranch(node)) {
    const side = bitOf(leaf.key, node.bit);
    path.push({ side, sibling: tree.hashOf(side === 0 ? node.right : node.left) });
    node = side === 0 ? node.left : node.right;
  }
  return { key: leaf.key, value: leaf.value, path };
}

function extreme(node: StateNode, side: "left" | "right"): Leaf {
  let at = node;
  while (isBranch(at)) at = at[side];
  return at;
}

/** The leaves next to `key` on both sides; the leaf at `key` itself counts as at-or-below. */
function neighbours(top: StateNode, key: Uint8Array): { below: Leaf | null; above: Leaf | null } {
  let below: Leaf | null = null;
  let above: Leaf | null = null;
  let node = top;
  for (;;) {
    const least = extreme(node, "left");
    const greatest = extreme(node, "right");
    if (compareBytes(greatest.key, key) <= 0) return { below: greatest, above };
    if (compareBytes(least.key, key) > 0) return { below, above: least };
    // The key lies strictly inside this subtree's span, so it is a branch.
    if (!isBranch(node)) return { below, above };
    const leftGreatest = extreme(node.left, "right");
    if (compareBytes(leftGreatest.key, key) <= 0) {
      below = leftGreatest;
      node = node.right;
    } else {
      above = extreme(node.right, "left");
      node = node.left;
    }
  }
}

/** Proves what the state holds under a key. */
export function proveState(tree: StateTree, key: Uint8Array): StateProof {
  if (tree.top === null) return { atOrBelow: null, above: null };
  const { below, above } = neighbours(tree.top, key);
  const present = below !== null && equalBytes(below.key, key);
  return {
    atOrBelow: below === null ? null : pathTo(tree, below),
    above: present || above === null ? null : pathTo(tree, above),
  };
}

function rootOf(leaf: ProvedLeaf): Uint8Array {
  let hash = sha256(concatBytes(Uint8Array.of(0), leaf.key, leaf.value));
  for (let i = leaf.path.length - 1; i >= 0; i--) {
    const { side, sibling } = leaf.path[i] as Step;
    hash = sha256(
      side === 0 ? concatBytes(Uint8Array.of(1), hash, sibling) : concatBytes(Uint8Array.of(1), sibling, hash),
    );
  }
  return hash;
}

/** Whether every step from `from` on keeps to one side. */
function hugs(leaf: ProvedLeaf, from: number, side: number): boolean {
  return leaf.path.slice(from).every((step) => step.side === side);
}

/** Whether no leaf can lie between two proved leaves of one tree. */
function adjacent(below: ProvedLeaf, above: ProvedLeaf): boolean {
  let parting = 0;
  while (
    parting < below.path.length &&
    parting < above.path.length &&
    (below.path[parting] as Step).side === (above.path[parting] as Step).side
  ) {
    parting++;
  }
  const leftStep = below.path[parting];
  const rightStep = above.path[parting];
  if (leftStep === undefined || rightStep === undefined) return false;
  return leftStep.side === 0 && rightStep.side === 1 && hugs(below, parting + 1, 1) && hugs(above, parting + 1, 0);
}

function badProof(message: string): Result<never> {
  return rejected("bad-proof", message);
}

/** The value that `proof` shows under `key` in the state with `root`; null where it shows absence. */
export function verifyStateProof(root: Uint8Array, key: Uint8Array, proof: StateProof): Result<Uint8Array | null> {
  const { atOrBelow, above } = proof;
  if (key.length !== stateKeyBytes) return badProof("A state key has 32 bytes.");
  for (const leaf of [atOrBelow, above]) {
    if (leaf !== null && !equalBytes(rootOf(leaf), root)) return badProof("The proof leads to another root.");
  }
  if (atOrBelow !== null && equalBytes(atOrBelow.key, key)) {
    // One fact has one proof: what is not needed is refused.
    return above === null ? accepted(atOrBelow.value) : badProof("A proof of presence names no upper neighbour.");
  }
  if (atOrBelow !== null && compareBytes(atOrBelow.key, key) > 0)
    return badProof("The lower neighbour is above the key.");
  if (above !== null && compareBytes(above.key, key) <= 0) return badProof("The upper neighbour is not above the key.");
  if (atOrBelow === null && above === null) {
    return equalBytes(root, emptyStateRoot) ? accepted(null) : badProof("Only the empty state lacks both neighbours.");
  }
  if (atOrBelow === null)
    return hugs(above as ProvedLeaf, 0, 0) ? accepted(null) : badProof("There are leaves further left.");
  if (above === null) return hugs(atOrBelow, 0, 1) ? accepted(null) : badProof("There are leaves further right.");
  return adjacent(atOrBelow, above) ? accepted(null) : badProof("The neighbours are not adjacent.");
}
