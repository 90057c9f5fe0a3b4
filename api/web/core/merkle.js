/**
 * Hash a Merkle tree and check its proofs (RFC 9162 §2.1); mirrors `provenance/merkle.py`.
 *
 * A tree of five entries, its leaves and nodes numbered as `level.index`:
 *
 *     2            2.0 ------------ root
 *                /     \              |
 *     1       1.0       1.1           |
 *            /   \     /   \          |
 *     0    0.0   0.1 0.2   0.3       0.4
 *
 * Nothing is padded, doubled or sorted. Leaves and nodes are hashed with different first bytes, so
 * no node can be passed off as an entry. Sizes and indexes may be numbers or `bigint`s.
 */

import { concat, equal } from "./bytes.js";
import { sha256 } from "./digests.js";
import { ProofShapeError, RootMismatchError } from "./errors.js";

/** Root of the tree without entries; the verifiers refuse tree size 0 all the same. */
export const EMPTY_ROOT = sha256(new Uint8Array(0));

/** Largest tree size taken: what a signed 64-bit column of SQL holds. */
export const MAX_TREE_SIZE = 2n ** 63n - 1n;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/**
 * @param {Uint8Array} entry
 * @returns {Uint8Array} SHA-256(0x00 ‖ entry), 32 bytes (RFC 9162 §2.1.1)
 */
export function leafHash(entry) {
  return sha256(concat(LEAF, entry));
}

/**
 * @param {Uint8Array} left 32 bytes
 * @param {Uint8Array} right 32 bytes
 * @returns {Uint8Array} SHA-256(0x01 ‖ left ‖ right) (RFC 9162 §2.1.1)
 */
function nodeHash(left, right) {
  return sha256(concat(NODE, left, right));
}

/**
 * The root of a growing tree, from one leaf hash after the other.
 *
 * Keeps only the *peaks*: the roots of the perfect subtrees that the binary digits of the size
 * name, largest first (size 5 = 4 + 1 has two).
 */
export class RootAccumulator {
  #size = 0;
  #peaks = [];

  /** @returns {number} count of leaf hashes added */
  get size() {
    return this.#size;
  }

  /** @param {Uint8Array} leaf hash of 32 bytes */
  add(leaf) {
    let node = leaf;
    for (let size = this.#size; size % 2 === 1; size = Math.floor(size / 2)) {
      node = nodeHash(this.#peaks.pop(), node);
    }
    this.#peaks.push(node);
    this.#size += 1;
  }

  /** @returns {Uint8Array} the root over all leaf hashes added so far */
  root() {
    if (this.#peaks.length === 0) return EMPTY_ROOT;
    return this.#peaks.reduceRight((root, peak) => nodeHash(peak, root));
  }
}

/**
 * Return the root that `path` leads to from entry `index` (RFC 9162 §2.1.3.2).
 *
 * @param {Uint8Array} leaf leaf hash, 32 bytes
 * @param {number | bigint} index zero-based, below `treeSize`
 * @param {number | bigint} treeSize
 * @param {Uint8Array[]} path sibling hashes of 32 bytes each, lowest level first
 * @returns {Uint8Array}
 * @throws {ProofShapeError} index, size or path length impossible, or a hash not of 32 bytes
 */
export function rootFromInclusion(leaf, index, treeSize, path) {
  if (!(index >= 0 && index < treeSize && treeSize <= MAX_TREE_SIZE)) {
    throw new ProofShapeError(`index ${index} is not below tree size ${treeSize}`);
  }
  checkHashes([leaf, ...path]);
  let place = { at: BigInt(index), last: BigInt(treeSize) - 1n };
  let root = leaf;
  for (const sibling of path) {
    if (place.last === 0n) {
      throw new ProofShapeError(`${path.length} hashes are too many for tree size ${treeSize}`);
    }
    if (isRight(place)) {
      root = nodeHash(sibling, root);
      place = climb(place);
    } else {
      root = nodeHash(root, sibling);
    }
    place = above(place);
  }
  if (place.last !== 0n) {
    throw new ProofShapeError(`${path.length} hashes are too few for tree size ${treeSize}`);
  }
  return root;
}

/**
 * Check that `leaf` is entry `index` of the tree `root` signs (RFC 9162 §2.1.3.2).
 *
 * @param {Uint8Array} leaf leaf hash, 32 bytes
 * @param {number | bigint} index zero-based, below `treeSize`
 * @param {number | bigint} treeSize
 * @param {Uint8Array[]} path sibling hashes of 32 bytes each, lowest level first
 * @param {Uint8Array} root 32 bytes
 * @throws {ProofShapeError} index, size or path length impossible, or a hash not of 32 bytes
 * @throws {RootMismatchError} the path leads to another root
 */
export function verifyInclusion(leaf, index, treeSize, path, root) {
  checkHashes([root]);
  checkRoot(root, rootFromInclusion(leaf, index, treeSize, path));
}

/**
 * Check that tree `size2` begins with all of tree `size1` (RFC 9162 §2.1.4.2).
 *
 * Size 0 is refused: nothing can be inconsistent with it, so no proof says anything.
 *
 * @param {number | bigint} size1
 * @param {number | bigint} size2
 * @param {Uint8Array[]} path
 * @param {Uint8Array} root1 32 bytes
 * @param {Uint8Array} root2 32 bytes
 * @throws {ProofShapeError} sizes or path length impossible, or a hash not of 32 bytes
 * @throws {RootMismatchError} the path leads to another root, at either size
 */
export function verifyConsistency(size1, size2, path, root1, root2) {
  if (!(size1 > 0 && size1 <= size2 && size2 <= MAX_TREE_SIZE)) {
    const message = `expected sizes that grow from above 0, got ${size1} and ${size2}`;
    throw new ProofShapeError(message);
  }
  checkHashes([root1, root2, ...path]);
  if (BigInt(size1) === BigInt(size2)) {
    if (path.length > 0) {
      const message = `expected no hashes between equal sizes, got ${path.length}`;
      throw new ProofShapeError(message);
    }
    checkRoot(root1, root2);
    return;
  }
  const [calculated1, calculated2] = rootsFromConsistency(size1, size2, path, root1);
  checkRoot(root1, calculated1);
  checkRoot(root2, calculated2);
}

function rootsFromConsistency(size1, size2, path, root1) {
  const first = BigInt(size1);
  // the proof of a perfect tree leaves out its own root, which the verifier has
  const hashes = (first & (first - 1n)) === 0n ? [root1, ...path] : path;
  if (path.length === 0) {
    throw new ProofShapeError(`expected hashes between sizes ${size1} and ${size2}, got none`);
  }
  let place = { at: first - 1n, last: BigInt(size2) - 1n };
  while (place.at & 1n) place = above(place);
  let old = hashes[0];
  let fresh = hashes[0];
  for (const sibling of hashes.slice(1)) {
    if (place.last === 0n) {
      throw new ProofShapeError(`${path.length} hashes are too many for tree size ${size2}`);
    }
    if (isRight(place)) {
      old = nodeHash(sibling, old);
      fresh = nodeHash(sibling, fresh);
      place = climb(place);
    } else {
      fresh = nodeHash(fresh, sibling);
    }
    place = above(place);
  }
  if (place.last !== 0n) {
    throw new ProofShapeError(`${path.length} hashes are too few for tree size ${size2}`);
  }
  return [old, fresh];
}

/** Tell whether the node at a place is a right child, or the last of its level. */
function isRight({ at, last }) {
  return (at & 1n) === 1n || at === last;
}

function above({ at, last }) {
  return { at: at >> 1n, last: last >> 1n };
}

/** Skip the levels at which the right edge has no sibling. */
function climb(place) {
  let here = place;
  while (here.at !== 0n && (here.at & 1n) === 0n) here = above(here);
  return here;
}

function checkHashes(hashes) {
  for (const hash of hashes) {
    if (hash.length !== 32) {
      throw new ProofShapeError(`expected hashes of 32 bytes, got one of ${hash.length}`);
    }
  }
}

function checkRoot(expected, calculated) {
  if (!equal(expected, calculated)) throw new RootMismatchError({ expected, calculated });
}
