/**
 * Signed records, kept in this browser before they are sent, so that a retry sends the very same
 * bytes: signing again would make new salts and so another record.
 *
 * A tab that closes at any moment leaves a submission unkept (nothing was sent), waiting (it may
 * have arrived: sent again, it is answered with the same index) or with its receipt.
 *
 * @typedef {import("./wire.js").Given} Given
 * @typedef {{compacts: string[], at: number, receipt: Uint8Array | null}} Kept `at` is POSIX
 *   seconds; the id they are kept under is that of the last record
 * @typedef {{id: string, receipt: Uint8Array, isNew: boolean, isKept: boolean}} Sent `isKept` is
 *   false where the browser keeps nothing
 */

import { MalformedError, VerificationError } from "./core/errors.js";
import { dump, isObject, parse } from "./core/strict_json.js";
import { keep, list, load, remove } from "./store.js";
import { ask, errorOfProblem, JSON_TYPE } from "./wire.js";

const STORE = "outbox";
const MAX_RESULTS_BYTES = 32 << 20; // as many receipts as a batch has, with wide proofs

/**
 * Keep records, send them, keep the receipt of the last.
 *
 * @param {import("./core/record.js").Issued[]} records the `key` record first
 * @param {Given} [given]
 * @returns {Promise<Sent>}
 * @throws {import("./wire.js").ServiceError} what the service said of the first it refused
 * @throws {VerificationError} the service answered with the receipt of another record
 */
export async function postRecords(records, given) {
  const { id } = records.at(-1);
  const compacts = records.map((one) => one.compact);
  const kept = { compacts, at: Math.floor(Date.now() / 1000), receipt: null };
  let isKept = true;
  try {
    await keep(STORE, id, kept);
  } catch {
    isKept = false; // a window that keeps nothing can still deposit
  }
  return send(id, kept, isKept, given);
}

/**
 * Submissions without a receipt, oldest first.
 *
 * @returns {Promise<{id: string, compacts: string[], at: number}[]>}
 */
export async function pending() {
  const kept = await list(STORE);
  return kept
    .filter(({ value }) => value.receipt === null)
    .map(({ key, value }) => ({ id: key, compacts: value.compacts, at: value.at }))
    .sort((one, other) => one.at - other.at);
}

/**
 * Send what was kept once more: the same bytes.
 *
 * @param {string} id
 * @param {Given} [given]
 * @returns {Promise<Sent>}
 */
export async function resend(id, given) {
  const kept = await load(STORE, id);
  if (kept === undefined) throw new MalformedError("nothing is kept under this id", "id");
  return send(id, kept, true, given);
}

/**
 * Forget a submission: it is not sent again from here.
 *
 * @param {string} id
 */
export async function forget(id) {
  await remove(STORE, id);
}

async function send(id, kept, isKept, given) {
  const body = JSON.stringify(kept.compacts);
  const asked = { ...given, method: "POST", body, type: JSON_TYPE };
  const results = resultsIn(await ask("/v1/records/batch", asked), kept.compacts.length);
  const refused = results.find((one) => isObject(one.problem));
  if (refused !== undefined) throw errorOfProblem({ status: 400, ...refused.problem });
  const last = results.at(-1);
  const entry = kept.compacts.at(-1).split("~", 1)[0];
  if (String(last.receipt?.record?.sd_jwt).split("~", 1)[0] !== entry) {
    throw new VerificationError("the service answered with the receipt of another record");
  }
  // as every receipt is written: the one text that its values have
  const receipt = new TextEncoder().encode(`${new TextDecoder().decode(dump(last.receipt))}\n`);
  if (isKept) await keep(STORE, id, { ...kept, receipt });
  return { id, receipt, isNew: last.status === "integrated", isKept };
}

function resultsIn(octets, count) {
  const answer = parse(octets, { maxBytes: MAX_RESULTS_BYTES });
  const results = isObject(answer) ? answer.results : null;
  if (!Array.isArray(results) || results.length !== count || !results.every(isObject)) {
    throw new MalformedError(`expected ${count} results`, "results");
  }
  return results;
}
