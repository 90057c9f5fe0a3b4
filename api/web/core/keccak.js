/** Keccak-256 as Ethereum uses it (Yellow Paper §3); the permutation is a vendored library's. */

import { keccak_256 } from "../vendor/sha3.js";

/**
 * @param {Uint8Array} octets
 * @returns {Uint8Array} 32 bytes
 */
export function keccak256(octets) {
  return keccak_256(octets);
}
