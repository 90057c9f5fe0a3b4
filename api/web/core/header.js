/**
 * Read an Ethereum block header from the bytes that its hash is over (Yellow Paper §4.4); mirrors
 * `provenance/header.py`.
 *
 * The header is an RLP list; forks only append to it. Fields after those known are taken as they
 * come, since the block hash, which the reader is trusted to know, covers them all.
 */

import { MalformedError, TooLargeError } from "./errors.js";
import { keccak256 } from "./keccak.js";
import { decodeInteger, decodeList } from "./rlp.js";

/** Some 610 on Ethereum; chains that list their validators in the extra data have more. */
export const MAX_HEADER_BYTES = 8_192;

const MAX_FIELDS = 32;
const FRONTIER_FIELDS = 15;

// name and length in bytes; 0 stands for an integer, null for bytes of any length
const FIELDS = [
  ["parentHash", 32],
  ["sha3Uncles", 32],
  ["miner", 20],
  ["stateRoot", 32],
  ["transactionsRoot", 32],
  ["receiptsRoot", 32],
  ["logsBloom", 256],
  ["difficulty", 0],
  ["number", 0],
  ["gasLimit", 0],
  ["gasUsed", 0],
  ["timestamp", 0],
  ["extraData", null],
  ["mixHash", 32],
  ["nonce", 8],
  ["baseFeePerGas", 0], // London
  ["withdrawalsRoot", 32], // Shanghai
  ["blobGasUsed", 0], // Cancun
  ["excessBlobGas", 0],
  ["parentBeaconBlockRoot", 32],
  ["requestsHash", 32], // Prague
  ["blockAccessListHash", 32], // Amsterdam
  ["slotNumber", 0],
];

/**
 * What a proof needs of a block header, and the hash that names the block.
 *
 * @typedef {object} BlockHeader
 * @property {number | bigint} number
 * @property {number | bigint} timestamp POSIX seconds, as the chain states it
 * @property {Uint8Array} parentHash 32 bytes, as the others
 * @property {Uint8Array} stateRoot
 * @property {Uint8Array} transactionsRoot
 * @property {Uint8Array} receiptsRoot
 * @property {Uint8Array} hash Keccak-256 of the bytes that were read
 */

/**
 * Read the RLP of a header of any fork; its Keccak-256 is the block hash.
 *
 * @param {Uint8Array} octets
 * @returns {BlockHeader}
 * @throws {MalformedError} not RLP, too few fields, or one of an impossible length
 * @throws {TooLargeError} more bytes than any header has
 */
export function parseHeader(octets) {
  if (octets.length > MAX_HEADER_BYTES) {
    throw new TooLargeError({ limit: MAX_HEADER_BYTES, length: octets.length, unit: "bytes" });
  }
  const items = decodeList(octets);
  if (items.length < FRONTIER_FIELDS || items.length > MAX_FIELDS) {
    throw new MalformedError(`expected 15 to ${MAX_FIELDS} header fields, got ${items.length}`);
  }
  items.forEach(checkField);
  return Object.freeze({
    number: decodeInteger(items[8], { maxBytes: 8, field: "number" }),
    timestamp: decodeInteger(items[11], { maxBytes: 8, field: "timestamp" }),
    parentHash: items[0],
    stateRoot: items[3],
    transactionsRoot: items[4],
    receiptsRoot: items[5],
    hash: keccak256(octets),
  });
}

function checkField(item, index) {
  const [name, length] = FIELDS[index] ?? [`field ${index}`, null];
  if (Array.isArray(item)) throw new MalformedError("expected bytes, got a list", name);
  if (length === 0) {
    decodeInteger(item, { field: name });
  } else if (length !== null && item.length !== length) {
    throw new MalformedError(`expected ${length} bytes, got ${item.length}`, name);
  }
}
