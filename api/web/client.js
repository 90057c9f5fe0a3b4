/**
 * The ledger's public API, one function an endpoint. Answers are bytes or plain JSON: whoever
 * asked checks them, for the service may be anybody's.
 *
 * Every function takes `{signal}` last; what fails is a LedgerError with `code`, `field` and
 * `title`, or a DOMException `AbortError`.
 *
 * @typedef {{signal?: AbortSignal}} Given
 * @typedef {{status: "integrated" | "repeat" | "refused", id?: string, leaf_index?: number,
 *   receipt?: Uint8Array, problem?: import("./core/errors.js").LedgerError}} Result
 */

const soon = async () => {
  throw new Error("not yet");
};

/** Post one record. @param {string} compact @param {Given} [given] @returns {Promise<Uint8Array>} receipt */
export const postRecord = (compact, given) => soon(compact, given);
/**
 * Keep records in this browser, send them, keep the receipt of the last; a retry sends the bytes
 * that were kept.
 * @param {import("./core/record.js").Issued[]} records the `key` record first
 * @param {Given} [given]
 * @returns {Promise<{results: Result[], receipt: Uint8Array, id: string}>}
 */
export const postRecords = (records, given) => soon(records, given);
/** Records that were kept and have no receipt. @returns {Promise<{id: string, compacts: string[]}[]>} */
export const pending = () => soon();
/** Send what was kept again. @param {string} id @param {Given} [given] */
export const resend = (id, given) => soon(id, given);
/** @param {string} id @param {Given} [given] @returns {Promise<object>} the view of a record */
export const getRecord = (id, given) => soon(id, given);
/** @param {string} id @param {Given} [given] @returns {Promise<Uint8Array>} */
export const getReceipt = (id, given) => soon(id, given);
/** @param {string} id @param {Given} [given] @returns {Promise<Blob>} the receipt as PDF */
export const getReceiptPdf = (id, given) => soon(id, given);
/** @param {string} id @param {Given} [given] @returns {Promise<Uint8Array>} a published manifest */
export const getManifest = (id, given) => soon(id, given);
/**
 * Publish the manifest of one's own deposit.
 * @param {string} id @param {Uint8Array} manifest @param {string} statement from
 *   `core/holder_statement.js` @param {Given} [given]
 */
export const putManifest = (id, manifest, statement, given) => soon(id, manifest, statement, given);
/**
 * One page of a look-up: `{items, next}`.
 * @param {Record<string, string>} question as `{digest}`, `{orcid}`; with `cursor` for a next page
 * @param {Given} [given]
 * @returns {Promise<{items: object[], next: string | null}>}
 */
export const lookup = (question, given) => soon(question, given);
/** @param {{cursor?: string}} [page] @param {Given} [given] @returns {Promise<{items: object[], next: string | null}>} */
export const getAnchors = (page, given) => soon(page, given);
/** @param {Given} [given] @returns {Promise<Uint8Array>} the newest signed checkpoint */
export const getCheckpoint = (given) => soon(given);
/** @param {string} path as `tile/0/000.p/3` @param {Given} [given] @returns {Promise<Uint8Array>} */
export const getTile = (path, given) => soon(path, given);
/** @param {number} index @param {number} size @param {Given} [given] @returns {Promise<object>} */
export const getInclusion = (index, size, given) => soon(index, size, given);
/** @param {number} from @param {number} to @param {Given} [given] @returns {Promise<object>} */
export const getConsistency = (from, to, given) => soon(from, to, given);
/** @param {Given} [given] @returns {Promise<Uint8Array>} the policy's exact bytes */
export const getPolicy = (given) => soon(given);
/** @param {Given} [given] @returns {Promise<object>} */
export const getHealth = (given) => soon(given);
/** @param {Given} [given] @returns {Promise<object>} also when the service is not ready */
export const getReady = (given) => soon(given);
/** @param {Given} [given] @returns {Promise<object>} size, rate, last anchors, cost, health */
export const getSummary = (given) => soon(given);
