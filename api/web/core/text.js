/**
 * Text that means the same bytes in every runtime: which strings and paths are allowed; mirrors
 * `provenance/text.py`.
 *
 * Two runtimes agree on NFC only as far as their Unicode tables do. Unicode never changes how an
 * assigned character normalizes, so the few characters that came later *and* take part in
 * normalization are refused (`docs/formats.md`, Fingerprint v1); every other string has one NFC
 * everywhere.
 */

import { cut } from "./bytes.js";
import { MalformedError, NotNormalizedError } from "./errors.js";
import { ascii, repr } from "./show.js";

/** Code points that are refused, as first and last; a test compares them with Python's. */
// prettier-ignore
export const REFUSED = [
  [0x05c8, 0x05c9], [0x0897, 0x0897], [0x1acf, 0x1af0], [0x105c9, 0x105c9], [0x105d2, 0x105d2],
  [0x105da, 0x105da], [0x105e4, 0x105e4], [0x10d69, 0x10d6d], [0x10ecb, 0x10ecf],
  [0x10ef0, 0x10efb], [0x10efd, 0x10eff], [0x11382, 0x11385], [0x1138b, 0x1138b],
  [0x1138e, 0x1138e], [0x11390, 0x11391], [0x113b8, 0x113b8], [0x113bb, 0x113bb],
  [0x113c2, 0x113c2], [0x113c5, 0x113c5], [0x113c7, 0x113c9], [0x113ce, 0x113d0],
  [0x11f41, 0x11f42], [0x1611e, 0x16129], [0x1612f, 0x1612f], [0x16d63, 0x16d63],
  [0x16d67, 0x16d6a], [0x1d127, 0x1d128], [0x1d250, 0x1d252], [0x1d25b, 0x1d25c],
  [0x1d25f, 0x1d25f], [0x1d280, 0x1d281], [0x1e08f, 0x1e08f], [0x1e4ec, 0x1e4ef],
  [0x1e5ee, 0x1e5ef], [0x1e6e3, 0x1e6e3], [0x1e6e6, 0x1e6e6], [0x1e6ee, 0x1e6ef],
  [0x1e6f5, 0x1e6f5],
];

const UNSETTLED = new RegExp(`[${classOf([...REFUSED, [0xd800, 0xdfff]])}]`, "u");
// General category Cc: what a terminal or a line-based format might obey instead of show.
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/;
// Property Bidi_Control as well: they make a name look like another one (CVE-2021-42574).
const PATH_CONTROLS = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const NOT_ASCII = /[^\0-\x7f]/;
const SPACE = /[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function classOf(ranges) {
  return ranges
    .map(([first, last]) => `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`)
    .join("");
}

/**
 * @param {string} character one
 * @returns {boolean} whether it is white space, as Python has it
 */
export function isSpace(character) {
  return SPACE.test(character);
}

/**
 * @param {string} value
 * @returns {boolean} whether no character is beyond ASCII
 */
export function isAscii(value) {
  return !NOT_ASCII.test(value);
}

/**
 * Tell whether `value` is NFC and holds no code point whose NFC depends on the runtime.
 *
 * @param {string} value
 * @returns {boolean}
 */
export function isSettled(value) {
  return isAscii(value) || (!UNSETTLED.test(value) && value.normalize("NFC") === value);
}

/**
 * Check that `value` is in NFC, the same one in every runtime.
 *
 * @param {string} value
 * @param {string | null} [field]
 * @throws {NotNormalizedError} another form, half a surrogate pair, or a code point newer than
 *   Unicode 14.0 that takes part in normalization
 */
export function checkText(value, field = null) {
  if (isSettled(value)) return;
  refuseUnsettled(value, field);
  throw new NotNormalizedError(`expected NFC, got ${ascii(cut(value, 80))}`, field);
}

/**
 * Check text that is shown on one line: as `checkText`, and no control character.
 *
 * @param {string} value
 * @param {string | null} [field]
 * @throws {NotNormalizedError} see `checkText`
 * @throws {MalformedError} a control character (general category Cc), line ends included
 */
export function checkLine(value, field = null) {
  checkText(value, field);
  refuseMatch(CONTROLS.exec(value), field);
}

/**
 * Check one relative path of a dataset (Fingerprint v1); uniqueness is the caller's.
 *
 * @param {string} path
 * @param {string | null} [field]
 * @throws {NotNormalizedError} see `checkText`
 * @throws {MalformedError} an empty, `.` or `..` part, or a control or bidirectional-control
 *   character
 */
export function checkPath(path, field = null) {
  checkText(path, field);
  refuseMatch(PATH_CONTROLS.exec(path), field);
  for (const part of path.split("/")) {
    if (part === "" || part === "." || part === "..") {
      throw new MalformedError(`expected a relative path, got ${repr(cut(path, 80))}`, field);
    }
  }
}

/**
 * Return the NFC of `value`, the same one in every runtime.
 *
 * @param {string} value
 * @param {string | null} [field]
 * @returns {string}
 * @throws {NotNormalizedError} half a surrogate pair, or a code point newer than Unicode 14.0 that
 *   takes part in normalization
 */
export function nfc(value, field = null) {
  if (isAscii(value)) return value;
  refuseUnsettled(value, field);
  return value.normalize("NFC");
}

function refuseUnsettled(value, field) {
  const found = UNSETTLED.exec(value);
  if (found === null) return;
  const point = found[0].codePointAt(0);
  if (point >= 0xd800 && point <= 0xdfff) {
    throw new NotNormalizedError(`expected text, got half a surrogate ${named(point)}`, field);
  }
  throw new NotNormalizedError(`${named(point)} does not normalize alike in every runtime`, field);
}

function refuseMatch(found, field) {
  if (found !== null) {
    const name = named(found[0].codePointAt(0));
    throw new MalformedError(`expected no control character, got ${name}`, field);
  }
}

function named(point) {
  return `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}
