/**
 * Check proofs of Ethereum's Merkle-Patricia trie (Yellow Paper, appendix D; EIP-1186); mirrors
 * `provenance/trie.py`.
 *
 * A proof is the list of nodes on the way from the root to a key, root first, each node named by
 * its Keccak-256 hash in the node before:
 *
 *     root hash --> branch --> extension --> branch --> leaf
 *                   16 ways,   a shared      16 ways    the rest of the key,
 *                   a value    stretch                  the value
 *
 * A node shorter than 32 bytes lies inside the node that names it and is not in the list. The way
 * ends either in the value or in a node that shows that the key is absent: both are proofs.
 */

import { equal, toHex } from "./bytes.js";
import { BadTrieProofError, MalformedError } from "./errors.js";
import { keccak256 } from "./keccak.js";
import { decodeList, encode } from "./rlp.js";

const EMPTY_TRIE = Uint8Array.of(0x80); // RLP of the empty string

/** Root hash of the trie without keys. */
const EMPTY_TRIE_ROOT = keccak256(EMPTY_TRIE);

/**
 * Return the value that the trie of `root` holds at `key`; null is proved absence.
 *
 * @param {Uint8Array} root root hash, 32 bytes
 * @param {Uint8Array} key as the trie has it; for state and storage the hash of address or slot
 * @param {Uint8Array[]} proofNodes RLP of each node, root first, every one of them needed
 * @returns {Uint8Array | null}
 * @throws {BadTrieProofError} the nodes do not lead from `root` to an answer, or some are unused
 */
export function get(root, key, proofNodes) {
  if (root.length !== 32) {
    throw new BadTrieProofError(`expected a root hash of 32 bytes, got ${root.length}`);
  }
  if (equal(root, EMPTY_TRIE_ROOT) && isEmptyTrie(proofNodes)) return null;
  const nodes = proofNodes.values();
  const value = walk(root, toHex(key), nodes);
  const unused = [...nodes].length;
  if (unused > 0) {
    throw new BadTrieProofError(`${unused} of ${proofNodes.length} nodes are not on the way`);
  }
  return value;
}

function isEmptyTrie(nodes) {
  return nodes.length === 0 || (nodes.length === 1 && equal(nodes[0], EMPTY_TRIE));
}

/** Follow `path`, a hex digit for each nibble, from the node that `reference` names. */
function walk(start, key, nodes) {
  let reference = start;
  let path = key;
  for (;;) {
    const node = resolve(reference, nodes);
    if (node.length === 17) {
      if (path === "") return valueOf(node[16]).length > 0 ? node[16] : null;
      reference = node[parseInt(path[0], 16)];
      path = path.slice(1);
    } else if (node.length === 2) {
      const [stretch, isLeaf] = stretchOf(node[0]);
      if (isLeaf) return stretch === path ? leafValue(node[1]) : null;
      if (!path.startsWith(stretch)) return null;
      reference = node[1];
      path = path.slice(stretch.length);
      if (isNothing(reference)) throw new BadTrieProofError("an extension node leads nowhere");
    } else {
      throw new BadTrieProofError(`expected a node of 2 or 17 items, got ${node.length}`);
    }
    if (isNothing(reference)) return null; // an empty place in a branch
  }
}

function isNothing(reference) {
  return !Array.isArray(reference) && reference.length === 0;
}

/** Return the node that `reference` holds or names. */
function resolve(reference, nodes) {
  if (Array.isArray(reference)) {
    if (encode(reference).length >= 32) {
      throw new BadTrieProofError("a node of 32 bytes or more lies inside another");
    }
    return reference;
  }
  if (reference.length !== 32) {
    throw new BadTrieProofError(`expected a hash of 32 bytes, got ${reference.length} bytes`);
  }
  const { value: octets, done } = nodes.next();
  if (done) throw new BadTrieProofError(`the node ${toHex(reference)} is missing`);
  if (!equal(keccak256(octets), reference)) {
    throw new BadTrieProofError(`expected the node ${toHex(reference)}, got another`);
  }
  try {
    return decodeList(octets);
  } catch (error) {
    if (error instanceof MalformedError) throw new BadTrieProofError("a node is not RLP");
    throw error;
  }
}

/** Read a hex-prefix path (appendix C): its hex digits, and whether the node is a leaf. */
function stretchOf(item) {
  if (Array.isArray(item) || item.length === 0) {
    throw new BadTrieProofError("expected the path of a leaf or extension node");
  }
  const flags = item[0] >> 4;
  const isOdd = (flags & 1) === 1;
  if (flags > 3 || (!isOdd && (item[0] & 15) !== 0)) {
    throw new BadTrieProofError(`a path cannot begin with byte ${toHex(item.subarray(0, 1))}`);
  }
  const digits = toHex(item).slice(isOdd ? 1 : 2);
  const isLeaf = flags >= 2;
  if (digits === "" && !isLeaf) throw new BadTrieProofError("an extension node has an empty path");
  return [digits, isLeaf];
}

function leafValue(item) {
  const value = valueOf(item);
  if (value.length === 0) throw new BadTrieProofError("a leaf node holds no value");
  return value;
}

function valueOf(item) {
  if (Array.isArray(item)) throw new BadTrieProofError("expected a value, got a list");
  return item;
}
