/**
 * How this browser judges what a server gives: by a policy that the reader has compared and keeps,
 * or else by the server's own, and then nothing counts as checked.
 */

import { getReceipt, lookup } from "./client.js";
import { entryOf } from "./core/case.js";
import { MalformedError, UnavailableError, VerificationError } from "./core/errors.js";
import { parseRecord } from "./core/parse_record.js";
import { verifyReceipt } from "./core/verify.js";
import { judgeOfServer } from "./own_policy.js";

/** Hits of one question that a page takes at once. */
const MAX_HITS = 400;

/**
 * @typedef {object} Reading
 * @property {Uint8Array} policy the exact bytes
 * @property {string} digest of the policy, hex
 * @property {string} origin of the log
 * @property {boolean} isOwn whether the reader has compared the policy and keeps it; only then is
 *   anything "checked here"
 * @property {number | null} comparedAt POSIX seconds
 * @property {(octets: Uint8Array) => Promise<{verdict: object, record: object}>} read
 */

/**
 * Find out by which policy this reader judges this server.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<Reading>}
 */
export async function openReading(signal) {
  const judge = await judgeOfServer({ signal });
  const { octets: policy, digest, origin, isOwn, comparedAt = null } = judge;
  return { policy, digest, origin, isOwn, comparedAt, read: (octets) => read(octets, policy) };
}

async function read(octets, policy) {
  const now = Math.floor(Date.now() / 1000);
  const verdict = await verifyReceipt(octets, policy, { now, allowDevChain: false });
  if (verdict.record === null) {
    throw new VerificationError(`a receipt that cannot be read: ${verdict.checks[0]?.text ?? ""}`);
  }
  const { record } = JSON.parse(new TextDecoder().decode(octets));
  return { verdict, record: parseRecord(record.sd_jwt, { complete: false }) };
}

/**
 * Fetch a record's receipt and judge it.
 *
 * @param {Reading} reading
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<import("./core/case.js").Entry>}
 * @throws {VerificationError} it does not hold, or is of another record
 */
export async function readEntry(reading, id, signal) {
  const octets = await getReceipt(id, { signal });
  const { verdict, record } = await reading.read(octets);
  const entry = entryOf(octets, verdict, record);
  if (entry.id !== id) throw new VerificationError(`got the receipt of another record than ${id}`);
  return entry;
}

/**
 * What `collectCase` asks of a service.
 *
 * @param {Reading} reading
 * @param {AbortSignal} signal
 * @returns {import("./collect_case.js").Source}
 */
export function sourceOf(reading, signal) {
  return {
    receipt: (id) => getReceipt(id, { signal }),
    about: async (id) => (await allHits({ digest: id }, signal)).items,
    read: reading.read,
  };
}

/**
 * Ask a question page by page.
 *
 * @param {Record<string, string>} question as the API takes it
 * @param {AbortSignal} signal
 * @param {number} [limit]
 * @returns {Promise<{items: object[], next: string | null}>} `next` is null when that was all
 */
export async function allHits(question, signal, limit = MAX_HITS) {
  const items = [];
  let cursor = null;
  do {
    const page = await lookup(cursor === null ? question : { ...question, cursor }, { signal });
    if (!Array.isArray(page?.items)) throw new MalformedError("a look-up without items", "items");
    items.push(...page.items);
    if (page.next !== null && page.next === cursor) {
      throw new UnavailableError("the service goes round in a circle");
    }
    cursor = page.next ?? null;
  } while (cursor !== null && items.length < limit);
  return { items, next: cursor };
}

/**
 * Do something for each of many, a few at a time, in their order.
 *
 * @template T
 * @param {Iterable<T>} items
 * @param {(item: T) => Promise<void>} work
 * @param {number} [atOnce]
 */
export async function eachOf(items, work, atOnce = 4) {
  const waiting = [...items];
  const run = async () => {
    while (waiting.length) await work(waiting.shift());
  };
  await Promise.all(Array.from({ length: atOnce }, run));
}
