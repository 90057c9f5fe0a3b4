/**
 * Digests and the three ways this project writes bytes as text, each decoded strictly; mirrors
 * `provenance/digests.py`.
 *
 * Lower-case hex without `0x` (digests, record ids), hex with `0x` (EVM values), base64url without
 * padding (JOSE, RFC 7515 §2) and base64 with padding (C2SP transparency logs). A decoder accepts
 * only what the matching encoder writes, so equal bytes always have equal text.
 */

import { sha256 as hash } from "../vendor/sha2.js";
import { cut, toHex } from "./bytes.js";
import { MalformedError } from "./errors.js";
import { repr } from "./show.js";

export { toHex };

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = `${STANDARD.slice(0, 62)}-_`;
const NONE = new Uint8Array(0);
const VALUES = new Map(Array.from(STANDARD, (letter, value) => [letter.charCodeAt(0), value]));
const URL_VALUES = new Map(Array.from(URL_SAFE, (letter, value) => [letter.charCodeAt(0), value]));

/**
 * @param {Uint8Array} octets
 * @returns {Uint8Array} the SHA-256 digest, 32 bytes (FIPS 180-4)
 */
export function sha256(octets) {
  return hash(octets);
}

/**
 * Decode exactly `length` bytes of lower-case hex.
 *
 * @param {string} text
 * @param {{length?: number, field?: string | null}} [wanted]
 * @returns {Uint8Array}
 * @throws {MalformedError} another length, upper case, or a character that is not hex
 */
export function fromHex(text, { length = 32, field = null } = {}) {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) {
    // as Python reads hex: white space between bytes, and either case
    const isHex = /^[\t-\r ]*(?:[0-9A-Fa-f]{2}[\t-\r ]*)*$/.test(text);
    const wanted = isHex ? "lower-case hex without spaces" : "hex";
    throw new MalformedError(`expected ${wanted}, got ${repr(cut(text, 80))}`, field);
  }
  if (text.length !== 2 * length) {
    throw new MalformedError(`expected ${length} bytes of hex, got ${text.length / 2}`, field);
  }
  const octets = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) {
    octets[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return octets;
}

/**
 * @param {Uint8Array} octets
 * @returns {string} as the EVM's RPC writes it: `0x` and lower-case hex
 */
export function toEvmHex(octets) {
  return `0x${toHex(octets)}`;
}

/**
 * Decode `0x` and lower-case hex; of exactly `length` bytes unless null.
 *
 * @param {string} text
 * @param {{length?: number | null, field?: string | null}} [wanted]
 * @returns {Uint8Array}
 * @throws {MalformedError} no `0x`, upper case, odd length, or another length than asked for
 */
export function fromEvmHex(text, { length = null, field = null } = {}) {
  if (!text.startsWith("0x")) {
    throw new MalformedError(`expected 0x and hex, got ${repr(cut(text, 80))}`, field);
  }
  const body = text.slice(2);
  return fromHex(body, { length: length ?? Math.floor(body.length / 2), field });
}

/**
 * @param {Uint8Array} octets
 * @returns {string} base64url without padding (RFC 7515 §2)
 */
export function toB64url(octets) {
  return encode(octets, URL_SAFE);
}

/**
 * @param {Uint8Array} octets
 * @returns {string} base64 with padding (RFC 4648 §4)
 */
export function toB64(octets) {
  const text = encode(octets, STANDARD);
  return text + "=".repeat(-text.length & 3);
}

/**
 * Decode base64url without padding; the text must be the only one for its bytes.
 *
 * @param {string} text
 * @param {{length?: number | null, field?: string | null}} [wanted]
 * @returns {Uint8Array}
 * @throws {MalformedError} padding, a foreign character, stray bits, or another length
 */
export function fromB64url(text, { length = null, field = null } = {}) {
  const octets = decode(text, URL_VALUES);
  if (octets === null) {
    const padded = text + "=".repeat(-text.length & 3);
    if (isAscii(text) && isRead(padded, false)) return canonical(NONE, false, null, field);
    throw new MalformedError(`expected base64url, got ${repr(cut(text, 80))}`, field);
  }
  return canonical(octets, toB64url(octets) === text, length, field);
}

/**
 * Decode base64 with padding; the text must be the only one for its bytes.
 *
 * @param {string} text
 * @param {{length?: number | null, field?: string | null}} [wanted]
 * @returns {Uint8Array}
 * @throws {MalformedError} missing padding, a foreign character, stray bits, or another length
 */
export function fromB64(text, { length = null, field = null } = {}) {
  const body = text.length % 4 === 0 ? text.replace(/={1,2}$/, "") : null;
  const octets = body === null ? null : decode(body, VALUES);
  if (octets === null) {
    if (isAscii(text) && isRead(text, true)) return canonical(NONE, false, null, field);
    throw new MalformedError(`expected padded base64, got ${repr(cut(text, 80))}`, field);
  }
  return canonical(octets, toB64(octets) === text, length, field);
}

function canonical(octets, isCanonical, length, field) {
  if (!isCanonical) {
    throw new MalformedError("expected the canonical encoding of its bytes", field);
  }
  if (length !== null && octets.length !== length) {
    throw new MalformedError(`expected ${length} bytes, got ${octets.length}`, field);
  }
  return octets;
}

function encode(octets, letters) {
  let text = "";
  let at = 0;
  for (; at + 2 < octets.length; at += 3) {
    const bits = (octets[at] << 16) | (octets[at + 1] << 8) | octets[at + 2];
    text += letters[bits >> 18] + letters[(bits >> 12) & 63];
    text += letters[(bits >> 6) & 63] + letters[bits & 63];
  }
  if (octets.length - at === 1) {
    text += letters[octets[at] >> 2] + letters[(octets[at] & 3) << 4];
  } else if (octets.length - at === 2) {
    const bits = (octets[at] << 8) | octets[at + 1];
    text += letters[bits >> 10] + letters[(bits >> 4) & 63] + letters[(bits & 15) << 2];
  }
  return text;
}

/** Return the bytes of letters without padding, null where they are none; stray bits are lost. */
function decode(text, values) {
  if (text.length % 4 === 1) return null;
  const octets = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    const value = values.get(text.charCodeAt(index));
    if (value === undefined) return null;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      octets[at] = (bits >> count) & 255;
      at += 1;
    }
  }
  return octets;
}

function isAscii(text) {
  return !/[^\0-\x7f]/.test(text);
}

/**
 * Tell whether Python's decoder takes it (CPython, `binascii.a2b_base64`): it then says that this
 * is not the one form of its bytes, and else that it is no base64 at all.
 */
function isRead(text, isStrict) {
  let place = 0;
  let pads = 0;
  let isPadded = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (text[at] === "=") {
      if (isStrict && at === 0) return false;
      isPadded = true;
      if (place >= 2) pads += 1;
      if (place >= 2 && place + pads >= 4) return !isStrict || at + 1 === text.length;
    } else if (VALUES.has(unit) || (!isStrict && URL_VALUES.has(unit))) {
      if (isStrict && isPadded) return false;
      pads = 0;
      place = (place + 1) % 4;
    } else if (isStrict) {
      return false;
    }
  }
  return place === 0;
}
