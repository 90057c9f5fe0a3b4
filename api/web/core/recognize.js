/**
 * What a file that somebody dropped is, told by what it says of itself. Pure; nothing is checked
 * here: whoever reads the file strictly does that.
 */

/**
 * @typedef {"receipt" | "policy" | "manifest" | "file-opening" | "file-proof" | "secret" | "chunks"
 *   | "key" | "records"} Kind
 * `secret` is what opens a sealed deposit, `key` an encrypted key file, `records` signed records
 * that wait to be sent.
 */

/** @type {Readonly<Record<string, Kind>>} */
const FORMATS = Object.freeze({
  "provenance-receipt": "receipt",
  "provenance-policy": "policy",
  "provenance-manifest": "manifest",
  "provenance-file-opening": "file-opening",
  "provenance-file-proof": "file-proof",
  "provenance-sealed": "secret",
  "provenance-chunks": "chunks",
});

/** How many bytes of a file are enough to recognize it. */
export const HEAD_BYTES = 4096;

const FORMAT = /^\s*\{\s*"format"\s*:\s*"([a-z-]{1,60})"/;
const KEY_FILE = /^\s*eyJ[\w-]{20,}\.[\w-]{54}\.[\w-]{16}\.[\w-]+\.[\w-]{22}\s*$/;
const RECORDS = /^eyJ[\w-]+\.[\w-]*/;
const SD_JWT = /"sd_jwt"\s*:\s*"(eyJ[\w-]{1,2000})\./;

/**
 * Tell what a file is.
 * @param {Uint8Array} head its first bytes, `HEAD_BYTES` of them or all
 * @returns {Kind | null} null for anything that is none of ours: data
 */
export function recognize(head) {
  const text = new TextDecoder().decode(head);
  const format = FORMAT.exec(text)?.[1];
  if (format !== undefined) return FORMATS[format] ?? null;
  if (KEY_FILE.test(text)) return "key";
  return RECORDS.test(text) ? "records" : null;
}

/**
 * Tell which type of record a receipt is of, without checking anything.
 * @param {Uint8Array} octets the receipt
 * @returns {string | null} as `deposit`, `opening`, `fixity`; null where it cannot be read
 */
export function receiptType(octets) {
  const header = SD_JWT.exec(new TextDecoder().decode(octets))?.[1];
  try {
    const { typ } = JSON.parse(atob(header.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof typ === "string" && typ.endsWith("+sd-jwt") ? typ.slice(0, -7) : null;
  } catch {
    return null;
  }
}
