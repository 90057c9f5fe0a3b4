/**
 * Identifiers that people mistype, and digests of nothing: each is checked, none is looked up;
 * mirrors `provenance/identifiers.py`.
 *
 *     ORCID iD    0000-0002-1825-0097     ISO 7064 MOD 11-2 over the first fifteen digits
 *     ROR id      05dxps055               Crockford base32, then ISO 7064 MOD 97-10
 *     DOI, CSTR, arXiv, SWHID, URL ...    the shape only: who registered it is not our business
 */

import { sha3_256 } from "../vendor/sha3.js";
import { compareText, concat, cut, toHex, utf8 } from "./bytes.js";
import { sha256 } from "./digests.js";
import { CheckDigitError, HashOfNothingError, MalformedError } from "./errors.js";
import { leafHash } from "./merkle.js";
import { repr } from "./show.js";

// --- people and organisations -------------------------------------------------------------

const ORCID = /^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$/;
const ROR = /^0[0-9a-hjkmnp-tv-z]{6}[0-9]{2}$/;
const CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * Check a bare ORCID iD: sixteen characters in four groups, the last one a check digit.
 *
 * @param {string} value
 * @param {string} [field]
 * @throws {MalformedError} another shape
 * @throws {CheckDigitError} the check digit does not fit (ISO 7064 MOD 11-2)
 */
export function checkOrcid(value, field = "orcid") {
  if (!ORCID.test(value)) {
    const message = `expected 0000-0000-0000-000X, got ${repr(cut(value, 80))}`;
    throw new MalformedError(message, field);
  }
  let total = 0;
  for (const digit of value.replaceAll("-", "").slice(0, 15)) total = (total + Number(digit)) * 2;
  const expected = "0123456789X"[(12 - (total % 11)) % 11];
  if (value.at(-1) !== expected) {
    throw new CheckDigitError(`expected check digit ${expected}, got ${value}`, field);
  }
}

/**
 * Check a bare ROR id: nine characters, the last two of them check digits.
 *
 * @param {string} value
 * @param {string} [field]
 * @throws {MalformedError} another shape
 * @throws {CheckDigitError} the check digits do not fit (ISO 7064 MOD 97-10)
 */
export function checkRor(value, field = "ror") {
  if (!ROR.test(value)) {
    const message = `expected nine characters as 05dxps055, got ${repr(cut(value, 80))}`;
    throw new MalformedError(message, field);
  }
  let number = 0;
  for (const letter of value.slice(0, 7)) number = number * 32 + CROCKFORD.indexOf(letter);
  const expected = 98 - ((number * 100) % 97);
  if (Number(value.slice(7)) !== expected) {
    const shown = String(expected).padStart(2, "0");
    throw new CheckDigitError(`expected check digits ${shown}, got ${value}`, field);
  }
}

/** @param {string} text @returns {string} without the resolver's address, as people paste it */
export function bareOrcid(text) {
  return text.trim().replace(/^(?:https?:\/\/)?(?:www\.)?orcid\.org\//, "");
}

/** @param {string} text @returns {string} without the resolver's address, as people paste it */
export function bareRor(text) {
  return text.trim().replace(/^(?:https?:\/\/)?(?:www\.)?ror\.org\//, "");
}

// --- datasets -----------------------------------------------------------------------------

/** Words of PROV-O (W3C, 2013) that relate one entity to another. */
export const RELATIONS = Object.freeze([
  "alternateOf",
  "hadPrimarySource",
  "specializationOf",
  "wasDerivedFrom",
  "wasQuotedFrom",
  "wasRevisionOf",
]);

// Not white space as Python has it, which differs from this language's \S in a few characters.
const S = "[^\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const NOT_IN_HOST = `(?:(?![/?#])${S})`;

/** Kind of persistent identifier -> regular expression of the whole. */
const IDENTIFIER_SHAPES = Object.freeze({
  ark: `ark:/?[0-9bcdfghjkmnpqrstvwxz]{5,}/${S}+`,
  arxiv: "(?:[0-9]{4}\\.[0-9]{4,5}|[a-z-]+(?:\\.[A-Z]{2})?/[0-9]{7})(?:v[1-9][0-9]*)?",
  cstr: `[0-9]{5}\\.[0-9]{2}\\.${S}+`,
  doi: `10\\.[0-9]{4,9}(?:\\.[0-9]+)*/${S}+`,
  handle: `[0-9A-Za-z.-]+/${S}+`,
  isbn: "(?:[0-9]-?){12}[0-9]|(?:[0-9]-?){9}[0-9X]",
  pmid: "[1-9][0-9]{0,8}",
  raid: `https://raid\\.org/10\\.[0-9]{4,9}/${S}+`,
  rrid: "RRID:[A-Za-z]+[_:][A-Za-z0-9_:.-]+",
  swhid: `swh:1:(?:cnt|dir|rel|rev|snp):[0-9a-f]{40}(?:;[a-z]+=(?:(?!;)${S})+)*`,
  url: `https?://${NOT_IN_HOST}+(?:[/?#]${S}*)?`,
  urn: `[Uu][Rr][Nn]:[A-Za-z0-9][A-Za-z0-9-]{0,31}:${S}+`,
});

const SHAPES = new Map(
  Object.entries(IDENTIFIER_SHAPES).map(([kind, shape]) => [kind, new RegExp(`^(?:${shape})$`)]),
);

/**
 * Check the shape of one persistent identifier.
 *
 * @param {string} kind
 * @param {string} value
 * @param {string} [field]
 * @throws {MalformedError} an unknown type (at `.type`) or another shape (at `.value`)
 */
export function checkIdentifier(kind, value, field = "identifiers[0]") {
  const shape = SHAPES.get(kind);
  if (shape === undefined) {
    const known = [...SHAPES.keys()].sort(compareText).join(", ");
    const message = `expected one of ${known}; got ${repr(cut(kind, 80))}`;
    throw new MalformedError(message, `${field}.type`);
  }
  if (!shape.test(value)) {
    throw new MalformedError(`not a ${kind}: ${repr(cut(value, 80))}`, `${field}.value`);
  }
}

// --- digests of nothing -------------------------------------------------------------------

const TEXTS = [
  "null",
  "undefined",
  "NaN",
  "None",
  "nil",
  "NULL",
  "true",
  "false",
  "NA",
  "[object ArrayBuffer]",
  "[object Blob]",
  "[object File]",
  "[object FileList]",
  "[object Object]",
  "[object Promise]",
  "[object ReadableStream]",
  "[object Response]",
  "[object Uint8Array]",
  "<Buffer >",
  "b''",
];

/** What programs hash when they fail to read the data, and how a person would call it. */
const NOTHINGS = new Map([
  ["", "the empty input"],
  ["\n", "an empty line"],
  ["\r\n", "an empty line"],
  [" ", "one space"],
  ["\0", "one zero byte"],
  ["0", "the digit 0"],
  ['""', "an empty JSON string"],
  ["[]", "an empty JSON array"],
  ["{}", "an empty JSON object"],
  ...TEXTS.map((text) => [text, `the text "${text}"`]),
]);

const NAMES = ["", "file", "data", "blob", "undefined", "null", "None"].map(utf8);

let ofNothing = null;

/** Digests of 32 bytes, as hex, of every nothing: plain, hashed again, and as a dataset of one. */
function digestsOfNothing() {
  const found = new Map();
  for (const [text, words] of NOTHINGS) {
    const octets = utf8(text);
    const digest = sha256(octets);
    found.set(toHex(digest), words);
    found.set(toHex(sha3_256(octets)), words);
    found.set(toHex(sha256(digest)), `the digest of ${words}`);
    found.set(toHex(sha256(utf8(toHex(digest)))), `the digest of ${words}`);
    found.set(toHex(leafHash(octets)), `${words} as a tree`);
    for (const name of NAMES) {
      found.set(toHex(leafHash(concat(digest, name))), `a dataset of ${words}`);
    }
  }
  found.set("00".repeat(32), "nothing: all its bits are zero");
  found.set("ff".repeat(32), "nothing: all its bits are one");
  return found;
}

/**
 * Refuse the digest of an empty input or of a text that stands where data should be.
 *
 * @param {string} digest lower-case hex of 32 bytes
 * @param {string} [field]
 * @throws {HashOfNothingError} with the sentence that says what was hashed instead of the data
 */
export function checkDigestOfSomething(digest, field = "dataset_digest") {
  ofNothing ??= digestsOfNothing();
  const words = ofNothing.get(digest);
  if (words !== undefined) {
    const message = `this is the digest of ${words}, so the data was not read when it was made`;
    throw new HashOfNothingError(message, field);
  }
}
