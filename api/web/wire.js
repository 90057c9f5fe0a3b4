/**
 * One question to the ledger over HTTP, and what may come of it.
 *
 * Nothing is sent along but what is asked: no cookie, no referrer. Sizes are capped and redirects
 * refused, since the service may be anybody's.
 *
 * @typedef {{signal?: AbortSignal}} Given
 * @typedef {import("./core/errors.js").LedgerError & {title?: string, isTemporary: boolean,
 *   retryAfter: number | null}} ServiceError `title` in the page's language, where the service said
 *   it; `retryAfter` in seconds
 */

import {
  LedgerError,
  RefusedByServiceError,
  TooLargeError,
  UnavailableError,
} from "./core/errors.js";

export const JSON_TYPE = "application/json";

const MAX_ANSWER_BYTES = 256 << 20; // as long as a manifest may be
const SECONDS = 60;
const LEAST_BYTES_PER_SECOND = 100_000;

/**
 * @param {string} path
 * @param {Given} [given]
 * @returns {Promise<any>} a JSON value
 * @throws {ServiceError}
 */
export async function askJson(path, given) {
  const octets = await ask(path, { ...given, accept: JSON_TYPE });
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets));
  } catch {
    throw unavailable(`${path} answered something that is not JSON`);
  }
}

/**
 * @param {string} path
 * @param {Given & {method?: string, body?: BodyInit, type?: string, accept?: string}} [asked]
 *   `type` is that of the body
 * @returns {Promise<Uint8Array>} the body
 * @throws {ServiceError}
 * @throws {DOMException} `AbortError` when cancelled
 */
export async function ask(path, { signal, ...asked } = {}) {
  try {
    const response = await fetch(path, requestOf(asked, signal));
    const octets = await bodyOf(response);
    if (response.ok) return octets;
    throw errorOf(response, octets, path);
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    signal?.throwIfAborted();
    throw unavailable(`${path}: ${error.message}`);
  }
}

function requestOf({ method, body, type, accept }, signal) {
  // a long manifest may take its time on a slow line
  const seconds = SECONDS + (body?.length ?? 0) / LEAST_BYTES_PER_SECOND;
  return {
    method,
    body,
    headers: {
      ...(type && { "content-type": type }),
      ...(accept && { accept }),
      "accept-language": languageOfPage(),
    },
    signal: AbortSignal.any([AbortSignal.timeout(seconds * 1000), ...(signal ? [signal] : [])]),
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
  };
}

async function bodyOf(response) {
  if (response.body === null) return new Uint8Array(0);
  const pieces = [];
  let length = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > MAX_ANSWER_BYTES) {
      await reader.cancel();
      throw new TooLargeError({ limit: MAX_ANSWER_BYTES, length, unit: "bytes" });
    }
    pieces.push(value);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

function languageOfPage() {
  return globalThis.document?.documentElement.lang || "en";
}

function errorOf(response, octets, path) {
  const problem = problemIn(octets);
  if (problem === null) {
    if (response.status !== 404) {
      return unavailable(`${path}: status ${response.status} without a problem document`);
    }
    return errorOfProblem({ status: 404, code: "not-found", detail: `${path}: not found` });
  }
  const seconds = Number(response.headers.get("retry-after"));
  return errorOfProblem({ ...problem, status: response.status }, seconds || null);
}

function problemIn(octets) {
  try {
    const problem = JSON.parse(new TextDecoder().decode(octets));
    const isProblem = typeof problem.code === "string" && typeof problem.detail === "string";
    return isProblem ? problem : null;
  } catch {
    return null;
  }
}

/**
 * Turn a problem document (RFC 9457) into an error that the caller can act on.
 *
 * @param {{status: number, code: string, detail: string, field?: string, title?: string}} problem
 * @param {number | null} [retryAfter] seconds
 * @returns {ServiceError}
 */
export function errorOfProblem({ status, code, detail, field, title }, retryAfter = null) {
  const isTemporary = status >= 500 || status === 429;
  const error = isTemporary
    ? unavailable(detail)
    : new RefusedByServiceError({ status, code, detail, field: field ?? null });
  return Object.assign(error, { code, title, isTemporary, retryAfter });
}

function unavailable(message) {
  return Object.assign(new UnavailableError(message), { isTemporary: true, retryAfter: null });
}
