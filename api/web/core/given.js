/**
 * What a reader gives beside receipt and policy: values, gathered before a verification; mirrors
 * `provenance/given.py`.
 *
 * The verifier asks nobody. Whoever calls it may hand over block hashes looked up elsewhere, what
 * a node answered, what lies on the disk; each of them says in the verdict whose word it is.
 *
 * @typedef {{chainId: number, number: number | bigint, blockHash: Uint8Array}} BlockName a block
 *   that a receipt speaks of: what to look up elsewhere, or to ask a node for
 * @typedef {{blockHash: Uint8Array, header: import("./header.js").BlockHeader | null}} GivenBlock
 * @typedef {{chainId: number, contract: Uint8Array, logId: Uint8Array,
 *   treeSize: number | bigint}} RootName a root that is only stated to lie in a contract
 *
 * @typedef {object} RpcView what one node answered (`../rpc.js`)
 * @property {number} chainId
 * @property {number} head number of the newest block
 * @property {number | null} finalized number of the newest final block; null on a chain without
 *   the `finalized` tag
 * @property {Map<string, Uint8Array>} hashes block hash by number in decimal; a number the node
 *   does not know is left out
 * @property {Uint8Array | null} genesisHash of block 0; null when the node no longer has it
 * @property {Map<string, Uint8Array>} roots by `rootKey`; a root nobody asked for is left out
 *
 * @typedef {{kind: "whole", found: import("./fingerprint.js").Summary, comparison?: object | null}
 *   | {kind: "part", manifest: import("./fingerprint.js").Summary, comparison: object, part: string}
 *   | {kind: "file", proof: import("./fingerprint.js").FileProof, sha256: Uint8Array}
 *   | {kind: "range", chunks: import("./fingerprint.js").Summary,
 *      file: {path: string, length: number, hashes: Uint8Array[]}, first: number,
 *      found: Uint8Array[]}
 *   | {kind: "sealed-file", opening: import("./salted.js").FileOpening, sha256: Uint8Array}} Data
 *   what lies on the disk, hashed and compared before: the whole dataset, a part of it with the
 *   manifest, one file with its proof, some chunks of a file, one file of a sealed dataset
 *
 * @typedef {{state: "logged" | "not-logged" | "false" | "unusable", because: string,
 *   record: object | null, leafIndex: number}} GivenOpening
 * @typedef {{state: "logged" | "not-logged" | "false" | "unusable", because: string,
 *   fixity: object | null, key: string, identity: string}} GivenFixity
 */

import { equal, toHex } from "./bytes.js";
import { fromEvmHex } from "./digests.js";
import { parseHeader } from "./header.js";

/** What a `--require-*` flag may add to what exit code 0 needs. */
export const REQUIRABLE = Object.freeze(["identity", "key-status", "not-before"]);

/** Stands for the view of a node that did not answer. */
export const RPC_AWAY = "unreachable";

/**
 * Read a block hash as explorers print it, `0x` and 64 digits in either case.
 *
 * @param {string} text
 * @returns {GivenBlock}
 * @throws {import("./errors.js").MalformedError} anything else
 */
export function blockFromHash(text) {
  const blockHash = fromEvmHex(text.toLowerCase(), { length: 32, field: "block-hash" });
  return { blockHash, header: null };
}

/**
 * Take a header as RLP; its hash is computed, not believed.
 *
 * @param {Uint8Array} octets
 * @returns {GivenBlock}
 * @throws {import("./errors.js").MalformedError} not a block header
 */
export function blockFromHeader(octets) {
  const header = parseHeader(octets);
  return { blockHash: header.hash, header };
}

/** @param {RootName} name @returns {string} key of it in `RpcView.roots` */
export function rootKey({ chainId, contract, logId, treeSize }) {
  return `${chainId} ${toHex(contract)} ${toHex(logId)} ${treeSize}`;
}

/** Everything together; an empty one verifies as far as receipt and policy lead. */
export class Given {
  /**
   * @param {object} [given]
   * @param {GivenBlock[]} [given.blocks]
   * @param {RpcView | "unreachable" | null} [given.rpc]
   * @param {Data | null} [given.data]
   * @param {object | null} [given.keyStatus] what reading the whole log found of the signing key
   * @param {string[]} [given.require] of `REQUIRABLE`
   * @param {boolean} [given.allowDevChain]
   * @param {GivenFixity[]} [given.fixity]
   * @param {GivenOpening | null} [given.opening]
   * @param {string | null} [given.authorities] CA certificates in PEM
   */
  constructor(given = {}) {
    this.blocks = given.blocks ?? [];
    this.rpc = given.rpc ?? null;
    this.data = given.data ?? null;
    this.keyStatus = given.keyStatus ?? null;
    this.require = given.require ?? [];
    this.allowDevChain = given.allowDevChain ?? false;
    this.fixity = given.fixity ?? [];
    this.opening = given.opening ?? null;
    this.authorities = given.authorities ?? null;
    const unknown = this.require.filter((name) => !REQUIRABLE.includes(name));
    if (unknown.length > 0) throw new RangeError(`no such requirement: ${unknown}`);
    Object.freeze(this);
  }

  /** @returns {RpcView | null} what a node said, if one answered */
  get view() {
    return this.rpc === RPC_AWAY ? null : this.rpc;
  }

  /** @param {Uint8Array} blockHash @returns {boolean} whether the reader vouches for the block */
  vouched(blockHash) {
    return this.blocks.some((block) => equal(block.blockHash, blockHash));
  }

  /** @param {Uint8Array} blockHash @returns {import("./header.js").BlockHeader | null} */
  header(blockHash) {
    const named = this.blocks.filter((block) => equal(block.blockHash, blockHash));
    return named.find((block) => block.header !== null)?.header ?? null;
  }
}
