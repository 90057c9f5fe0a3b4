/**
 * By whose policy this browser judges: one that its reader compared and kept, else the server's own.
 *
 * Only with a policy of the reader is anything "checked"; the server's own shows no more than that
 * the server does not contradict itself.
 */

import { getPolicy } from "./client.js";
import { Policy } from "./core/policy.js";
import { keptPolicies, policyDigest } from "./policies.js";

/**
 * @typedef {object} Judge
 * @property {Uint8Array} octets the policy's exact bytes
 * @property {string} origin the log's name
 * @property {string} digest hex
 * @property {boolean} isOwn whether the reader compared its digest and kept it
 */

/**
 * Return the policy by which what this server says is judged.
 * @param {{signal?: AbortSignal}} [given]
 * @returns {Promise<Judge>}
 * @throws {import("./core/errors.js").LedgerError} the server gives none, or none that can be read
 */
export async function judgeOfServer(given = {}) {
  const served = await judgeOf(await getPolicy(given));
  const kept = await keptPolicies(served.origin);
  const own = kept.find(({ digest }) => digest === served.digest) ?? kept[0];
  return own === undefined ? served : { ...own, isOwn: true };
}

/**
 * Read a policy that the reader has not compared yet.
 * @param {Uint8Array} octets
 * @returns {Promise<Judge>}
 * @throws {import("./core/errors.js").MalformedError} it cannot be read
 */
export async function judgeOf(octets) {
  const { origin } = new Policy(octets);
  return { octets, origin, digest: await policyDigest(octets), isOwn: false };
}
