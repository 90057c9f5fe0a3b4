/**
 * Trust policies that the reader has compared, kept in this browser.
 *
 * A policy is what every "checked here" rests on, so one is kept only when the reader says that he
 * has compared its digest with one that he got by another way. Of one log several may be kept: the
 * operator's newer one stands beside the older, and each by its own digest.
 */

import { sha256, toHex } from "./core/digests.js";
import { keep, list, remove } from "./store.js";

/**
 * @typedef {object} KeptPolicy
 * @property {string} digest SHA-256 of the exact bytes, lower-case hex
 * @property {string} origin the log that it is for
 * @property {Uint8Array} octets the exact bytes
 * @property {number} comparedAt POSIX seconds, by this computer's clock
 */

/**
 * Return the SHA-256 of bytes, lower-case hex.
 * @param {Uint8Array} octets
 * @returns {Promise<string>}
 */
export async function policyDigest(octets) {
  return toHex(sha256(octets));
}

/**
 * Keep a policy, because the reader has compared its digest.
 * @param {Uint8Array} octets
 * @param {string} origin
 * @returns {Promise<KeptPolicy>}
 */
export async function keepPolicy(octets, origin) {
  const digest = await policyDigest(octets);
  const kept = { digest, origin, octets, comparedAt: Math.floor(Date.now() / 1000) };
  await keep("policies", digest, kept);
  return kept;
}

/**
 * Return the kept policies of a log, or of all logs, the one compared last first.
 * @param {string} [origin]
 * @returns {Promise<KeptPolicy[]>} empty also where this browser keeps nothing
 */
export async function keptPolicies(origin) {
  let all;
  try {
    all = await list("policies");
  } catch {
    return []; // a private window: nothing was ever kept
  }
  return all
    .map(({ value }) => value)
    .filter((kept) => origin === undefined || kept.origin === origin)
    .sort((one, other) => other.comparedAt - one.comparedAt);
}

/**
 * Forget a policy: nothing counts as checked by it any more.
 * @param {string} digest
 * @returns {Promise<void>}
 */
export async function forgetPolicy(digest) {
  await remove("policies", digest);
}
