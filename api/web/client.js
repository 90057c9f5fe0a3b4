/**
 * The ledger's public API, one function an endpoint. Answers are bytes or plain JSON: whoever asked
 * checks them, for the service may be anybody's.
 *
 * Every function takes `{signal}` last. What fails is a LedgerError with `code` and `field`; one
 * that the service said has its `title`, in the page's language, and `isTemporary` says whether
 * the same request may fare better later. Who cancels gets a DOMException `AbortError`.
 *
 * @typedef {import("./wire.js").Given} Given
 */

import { ask, askJson, JSON_TYPE } from "./wire.js";

export { forget, pending, postRecords, resend } from "./outbox.js";

/**
 * @param {string} id
 * @param {Given} [given]
 * @returns {Promise<any>} what the ledger shows of a record
 */
export async function getRecord(id, given) {
  return askJson(`/v1/records/${id}`, given);
}

/**
 * @param {string} id
 * @param {Given} [given]
 * @returns {Promise<Uint8Array>} the newest receipt, its exact bytes
 */
export async function getReceipt(id, given) {
  return ask(`/v1/records/${id}/receipt`, { ...given, accept: JSON_TYPE });
}

/**
 * @param {string} id
 * @param {Given} [given]
 * @returns {Promise<Blob>} the newest receipt as a page to print
 */
export async function getReceiptPdf(id, given) {
  const accept = "application/pdf";
  return new Blob([await ask(`/v1/records/${id}/receipt`, { ...given, accept })], { type: accept });
}

/**
 * @param {string} id
 * @param {Given} [given]
 * @returns {Promise<Uint8Array>} a manifest that was published
 */
export async function getManifest(id, given) {
  return ask(`/v1/records/${id}/manifest`, given);
}

/**
 * Look up records, oldest first, a page at a time.
 *
 * @param {Record<string, string>} question as `{digest}` or `{orcid}`; with the `next` of a page as
 *   `cursor` for the page after it
 * @param {Given} [given]
 * @returns {Promise<{items: any[], next: string | null}>}
 */
export async function lookup(question, given) {
  return askJson(`/v1/lookup?${new URLSearchParams(question)}`, given);
}

/**
 * @param {{cursor?: string, limit?: string}} [page]
 * @param {Given} [given]
 * @returns {Promise<{items: any[], next: string | null}>} anchors, oldest first
 */
export async function getAnchors(page = {}, given) {
  return askJson(`/v1/anchors?${new URLSearchParams(page)}`, given);
}

/**
 * @param {Given} [given]
 * @returns {Promise<Uint8Array>} the newest signed checkpoint
 */
export async function getCheckpoint(given) {
  return ask("/checkpoint", given);
}

/**
 * @param {string} path as `tile/0/000.p/3` or `tile/entries/000`
 * @param {Given} [given]
 * @returns {Promise<Uint8Array>}
 */
export async function getTile(path, given) {
  return ask(`/${path}`, given);
}

/**
 * @param {number} index
 * @param {number} size
 * @param {Given} [given]
 * @returns {Promise<{leaf_index: number, tree_size: number, path: string[]}>} hashes in base64
 */
export async function getInclusion(index, size, given) {
  return askJson(`/v1/log/inclusion?index=${index}&size=${size}`, given);
}

/**
 * @param {number} from
 * @param {number} to
 * @param {Given} [given]
 * @returns {Promise<{from_tree_size: number, to_tree_size: number, path: string[]}>}
 */
export async function getConsistency(from, to, given) {
  return askJson(`/v1/log/consistency?from=${from}&to=${to}`, given);
}

/**
 * @param {Given} [given]
 * @returns {Promise<Uint8Array>} the trust policy's exact bytes; compare its digest elsewhere
 */
export async function getPolicy(given) {
  return ask("/v1/policy", given);
}

/**
 * @param {Given} [given]
 * @returns {Promise<any>} size, rate, last anchors, cost and health of the ledger
 */
export async function getSummary(given) {
  return askJson("/v1/ledger", given);
}
