/**
 * JSON in, values out, nothing lenient (RFC 8259; the record profile of `docs/formats.md`);
 * mirrors `provenance/strict_json.py`.
 *
 *     octets --tokenize--> any JSON value, as the RFC's grammar has it
 *     octets --parse-----> the record profile: also no duplicate member, integers only and
 *                          below 2^53 in size, NFC strings, limits of length and depth
 *     value  --Members---> typed reading of an object that must hold nothing else
 *
 * Objects have no prototype, so a member called `__proto__` is a member like any other.
 */

import { cut, lengthOf, utf8 } from "./bytes.js";
import { fromHex } from "./digests.js";
import { MalformedError, MalformedJSONError, TooLargeError } from "./errors.js";
import { scan } from "./json_scanner.js";
import { ascii, joinPath, repr } from "./show.js";
import { checkText, isAscii, isSettled } from "./text.js";

/** The largest integer that every JSON implementation keeps exactly (RFC 8259 §6, RFC 7493). */
export const MAX_INTEGER = Number.MAX_SAFE_INTEGER;

/** Levels `tokenize` follows: far above any format of ours, far below the stack's limit. */
const MAX_TOKEN_DEPTH = 128;

/** Digits of an integer: more take quadratic time. */
const MAX_DIGITS = 4_000;

// One that does not end counts as one to the end: looked for anew behind each of its quotation
// marks, it would take time with their square.
const STRINGS = /"[^"\\]*(?:\\.[^"\\]*)*"?/gs;
const BRACKETS = /[[\]{}]/g;
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** The names of an object in document order, where JavaScript has another one. */
const ORDERS = new WeakMap();

/** Stands, while a refusal is explained, for a number that the record profile does not know. */
class Outside {
  constructor(literal) {
    this.literal = literal;
  }
}

/** The members of an object as they were written, duplicates included. */
class Pairs {
  constructor(pairs) {
    this.pairs = pairs;
  }
}

/** Leaves the fast path; `refuse` then finds out what exactly is wrong, and where. */
class OutsideProfile extends Error {}

/**
 * @param {object} value an object that was parsed here
 * @returns {string[]} its names in the order of the document
 */
export function namesOf(value) {
  return ORDERS.get(value) ?? Object.keys(value);
}

/**
 * @param {unknown} value
 * @returns {boolean} whether it is a JSON object
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Read one JSON text by the grammar of RFC 8259, with floats and the last duplicate member.
 *
 * @param {Uint8Array} octets
 * @returns {unknown} integers beyond 2^53 as `bigint`
 * @throws {MalformedJSONError} not UTF-8 (a byte order mark counts as such), not the grammar, half
 *   a surrogate pair, a number too large for a double or with more than `MAX_DIGITS` digits
 * @throws {TooLargeError} more than `MAX_TOKEN_DEPTH` levels
 */
export function tokenize(octets) {
  const text = decode(octets);
  checkDepth(text, MAX_TOKEN_DEPTH);
  const value = scan(text, TOKENIZER);
  if (text.includes("\\u")) refuseSurrogates(value);
  return value;
}

/**
 * Read one JSON text of the record profile.
 *
 * @param {Uint8Array} octets
 * @param {{maxBytes: number, maxDepth?: number}} limits bytes of UTF-8, and levels of arrays and
 *   objects allowed; a bare string has none
 * @returns {any}
 * @throws {TooLargeError} longer or deeper than allowed
 * @throws {MalformedJSONError} see `tokenize`; or a duplicate member, a number that is not an
 *   integer below 2^53 in size
 * @throws {NotNormalizedError} a string or member name that is not NFC in every runtime
 */
export function parse(octets, { maxBytes, maxDepth = 16 }) {
  if (octets.length > maxBytes) {
    throw new TooLargeError({ limit: maxBytes, length: octets.length, unit: "bytes" });
  }
  const text = decode(octets);
  const brackets = countOpening(text);
  if (brackets > MAX_TOKEN_DEPTH) checkDepth(text, MAX_TOKEN_DEPTH);
  const value = scanProfile(text, maxDepth);
  if (brackets > maxDepth && isDeeper(value, maxDepth)) checkDepth(text, maxDepth);
  if (!isSettledDocument(text)) checkStrings(value, null);
  return value;
}

/**
 * Write `value` as compact UTF-8 JSON, members in the order given.
 *
 * @param {unknown} value
 * @returns {Uint8Array}
 */
export function dump(value) {
  return utf8(dumpText(value));
}

/**
 * As `dump`, but text: what a digest is not taken over.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function dumpText(value) {
  if (Array.isArray(value)) return `[${value.map(dumpText).join(",")}]`;
  if (isObject(value)) {
    const members = namesOf(value).map((name) => `${dumpString(name)}:${dumpText(value[name])}`);
    return `{${members.join(",")}}`;
  }
  if (typeof value === "string") return dumpString(value);
  return String(value);
}

function dumpString(text) {
  // as Python writes it, and as the receipts have it: 0x7f and all above stand for themselves
  const escaped = JSON.stringify(text);
  if (LONE_SURROGATE.test(text)) throw new MalformedJSONError("surrogates not allowed");
  return escaped;
}

// --- scanning -----------------------------------------------------------------------------

function decode(octets) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    const [reason, start] = whatIsNotUtf8(octets);
    throw new MalformedJSONError(`expected UTF-8, got ${reason} at byte ${start}`);
  }
  if (text.startsWith("\ufeff")) {
    throw new MalformedJSONError("expected UTF-8 without a byte order mark");
  }
  return text;
}

/** Return what is wrong with the first sequence that is not UTF-8, and where it begins. */
function whatIsNotUtf8(octets) {
  for (let at = 0; at < octets.length;) {
    const first = octets[at];
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4) return ["invalid start byte", at];
    for (let next = 1; next < length; next += 1) {
      const octet = octets[at + next];
      if (octet === undefined) return ["unexpected end of data", at];
      const [low, high] = next === 1 ? secondByte(first) : [0x80, 0xbf];
      if (octet < low || octet > high) return ["invalid continuation byte", at];
    }
    at += length;
  }
  return ["invalid start byte", 0];
}

function secondByte(first) {
  const bounds = { 0xe0: [0xa0, 0xbf], 0xed: [0x80, 0x9f], 0xf0: [0x90, 0xbf], 0xf4: [0x80, 0x8f] };
  return bounds[first] ?? [0x80, 0xbf];
}

/** Tell, without looking at each, that all strings are settled; false when in doubt. */
function isSettledDocument(text) {
  if (isAscii(text)) return !text.includes("\\u");
  return !text.includes("\\") && isSettled(text);
}

function isDeeper(value, limit) {
  if (typeof value !== "object" || value === null) return false;
  return limit < 1 || Object.values(value).some((item) => isDeeper(item, limit - 1));
}

function countOpening(text) {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "[" || text[at] === "{") count += 1;
  }
  return count;
}

function checkDepth(text, limit) {
  let depth = 0;
  for (const [bracket] of text.replace(STRINGS, "").matchAll(BRACKETS)) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    if (depth > limit) throw new TooLargeError({ limit, length: depth, unit: "levels" });
  }
}

function toObject(pairs) {
  const members = Object.create(null);
  for (const [name, member] of pairs) members[name] = member;
  const names = Object.keys(members);
  if (pairs.length === names.length && pairs.some(([name], at) => name !== names[at])) {
    ORDERS.set(
      members,
      pairs.map(([name]) => name),
    );
  }
  return members;
}

function readInteger(literal) {
  if (literal.length > MAX_DIGITS) {
    const message = `expected at most ${MAX_DIGITS} digits, got ${literal.length}`;
    throw new MalformedJSONError(message);
  }
  const number = Number(literal);
  return Number.isSafeInteger(number) ? number + 0 : BigInt(literal);
}

function readFloat(literal) {
  const number = Number(literal);
  if (!Number.isFinite(number)) {
    throw new MalformedJSONError(`expected a number a double can hold, got ${cut(literal, 40)}`);
  }
  return number;
}

const TOKENIZER = { integer: readInteger, float: readFloat, object: toObject };

const PROFILE = {
  integer(literal) {
    const number = Number(literal);
    if (literal.length > 17 || !Number.isSafeInteger(number)) throw new OutsideProfile();
    return number + 0; // not minus zero
  },
  float() {
    throw new OutsideProfile();
  },
  object(pairs) {
    const members = toObject(pairs);
    if (Object.keys(members).length !== pairs.length) throw new OutsideProfile();
    return members;
  },
};

const DIAGNOSIS = {
  integer: (literal) => new Outside(literal),
  float: (literal) => new Outside(literal),
  object: (pairs) => new Pairs(pairs),
};

function scanProfile(text, maxDepth) {
  try {
    return scan(text, PROFILE);
  } catch (error) {
    const isConstant = error.message?.startsWith("expected a JSON value");
    if (isConstant || !(error instanceof OutsideProfile || error instanceof MalformedJSONError)) {
      throw error;
    }
  }
  return refuse(text, maxDepth);
}

// --- saying what is wrong, and where ------------------------------------------------------

/** Throw the error of the first value, in document order, that the profile refuses. */
function refuse(text, maxDepth) {
  checkDepth(text, maxDepth);
  refuseFirst(scan(text, DIAGNOSIS), null);
  throw new MalformedJSONError("expected the record profile of JSON");
}

function refuseFirst(value, field) {
  if (value instanceof Outside) {
    const isInteger = /^-?[0-9]{1,16}$/.test(value.literal);
    if (!isInteger || !Number.isSafeInteger(Number(value.literal))) {
      const shown = cut(value.literal, 40);
      throw new MalformedJSONError(`expected an integer below 2^53 in size, got ${shown}`, field);
    }
  } else if (value instanceof Pairs) {
    const seen = new Set();
    for (const [name, member] of value.pairs) {
      const path = joinPath(field, name);
      if (seen.has(name)) throw new MalformedJSONError("expected the member once", path);
      seen.add(name);
      refuseFirst(member, path);
    }
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => refuseFirst(item, `${field ?? ""}[${index}]`));
  }
}

function checkStrings(value, field) {
  if (typeof value === "string") {
    checkText(value, field);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => checkStrings(item, `${field ?? ""}[${index}]`));
  } else if (isObject(value)) {
    for (const name of namesOf(value)) {
      checkText(name, joinPath(field, name));
      checkStrings(value[name], joinPath(field, name));
    }
  }
}

function refuseSurrogates(value) {
  if (typeof value === "string") {
    if (LONE_SURROGATE.test(value)) {
      const shown = ascii(cut(value, 40));
      throw new MalformedJSONError(`expected pairs of surrogates, got ${shown}`);
    }
  } else if (Array.isArray(value)) {
    value.forEach(refuseSurrogates);
  } else if (isObject(value)) {
    for (const name of namesOf(value)) {
      refuseSurrogates(name);
      refuseSurrogates(value[name]);
    }
  }
}

// --- reading strict objects ---------------------------------------------------------------

/**
 * An object read member by member, which must hold nothing but what was asked for.
 *
 * `text`, `integer` ... want the member to be there; `optionalText` ... answer null when it is
 * absent; `nullable(name, read)` answers null when it is there and null. After the last of them
 * `done()` refuses what nobody asked for.
 */
export class Members {
  #members;
  #field;
  #read = new Set();

  /**
   * @param {unknown} value
   * @param {string | null} [field] the object's own path, null for the outermost
   * @throws {MalformedError} `value` is not an object
   */
  constructor(value, field = null) {
    if (!isObject(value)) throw new MalformedError(`expected an object, got ${kind(value)}`, field);
    this.#members = value;
    this.#field = field;
  }

  /** @param {string} name @returns {string} the full path of a member */
  path(name) {
    return joinPath(this.#field, name);
  }

  /** @param {string} name @returns {boolean} whether the member is there, null or not */
  has(name) {
    return Object.hasOwn(this.#members, name);
  }

  /** @param {string} name @returns {any} the member whatever it is */
  value(name) {
    this.#read.add(name);
    if (!this.has(name)) throw new MalformedError("expected the member, got none", this.path(name));
    return this.#members[name];
  }

  /**
   * @param {string} name
   * @param {{maxLength?: number, empty?: boolean}} [limits]
   * @returns {string} of 1 (0 if `empty`) to `maxLength` characters
   */
  text(name, { maxLength = 1_000, empty = false } = {}) {
    const value = this.value(name);
    if (typeof value !== "string") throw this.#wrong(name, "a string", value);
    const length = value.length > maxLength ? lengthOf(value) : 0;
    if (length > maxLength) {
      const field = this.path(name);
      throw new TooLargeError({ limit: maxLength, length, unit: "characters", field });
    }
    if (value === "" && !empty) {
      throw new MalformedError("expected text, got an empty string", this.path(name));
    }
    return value;
  }

  /**
   * Check that the member is exactly `expected`, type included.
   *
   * @param {string} name
   * @param {string | number} expected
   */
  literal(name, expected) {
    const value = this.value(name);
    if (value !== expected) {
      const message = `expected ${repr(expected)}, got ${repr(value, 80)}`;
      throw new MalformedError(message, this.path(name));
    }
  }

  /**
   * @param {string} name
   * @param {{low?: number, high?: number}} [bounds] both included
   * @returns {number}
   */
  integer(name, { low = 0, high = MAX_INTEGER } = {}) {
    const value = this.value(name);
    if (typeof value !== "number") throw this.#wrong(name, "an integer", value);
    if (!(low <= value && value <= high)) {
      throw new MalformedError(`expected ${low} to ${high}, got ${value}`, this.path(name));
    }
    return value;
  }

  /** @param {string} name @returns {boolean} */
  boolean(name) {
    const value = this.value(name);
    if (typeof value !== "boolean") throw this.#wrong(name, "true or false", value);
    return value;
  }

  /**
   * @param {string} name
   * @param {{maxItems?: number}} [limits]
   * @returns {any[]} values of any kind
   */
  array(name, { maxItems = Infinity } = {}) {
    const value = this.value(name);
    if (!Array.isArray(value)) throw this.#wrong(name, "an array", value);
    if (value.length > maxItems) {
      const field = this.path(name);
      throw new TooLargeError({ limit: maxItems, length: value.length, unit: "items", field });
    }
    return value;
  }

  /**
   * @param {string} name
   * @param {{maxLength?: number, maxItems?: number}} [limits]
   * @returns {string[]} none of them empty
   */
  texts(name, { maxLength = 1_000, maxItems = Infinity } = {}) {
    return this.array(name, { maxItems }).map((item, index) => {
      const itemName = `${name}[${index}]`;
      return new Members({ [itemName]: item }, this.#field).text(itemName, { maxLength });
    });
  }

  /** @param {string} name @returns {Members} to be read and `done()` in its turn */
  object(name) {
    return new Members(this.value(name), this.path(name));
  }

  /**
   * @param {string} name
   * @param {{maxItems?: number}} [limits]
   * @returns {Members[]}
   */
  objects(name, { maxItems = Infinity } = {}) {
    const path = this.path(name);
    return this.array(name, { maxItems }).map(
      (item, index) => new Members(item, `${path}[${index}]`),
    );
  }

  /** @param {string} name @returns {Uint8Array} 32 bytes, from lower-case hex without `0x` */
  hex32(name) {
    return fromHex(this.text(name, { maxLength: 64 }), { field: this.path(name) });
  }

  /**
   * @template T
   * @param {string} name
   * @param {(name: string) => T} read
   * @returns {T | null} null when the member is null (absent is not null)
   */
  nullable(name, read) {
    return this.value(name) === null ? null : read(name);
  }

  /**
   * @param {string} name
   * @param {{maxLength?: number}} [limits]
   * @returns {string | null} null when absent (null is not absent)
   */
  optionalText(name, { maxLength = 1_000 } = {}) {
    return this.has(name) ? this.text(name, { maxLength }) : null;
  }

  /**
   * Refuse a member that was not asked for.
   *
   * @throws {MalformedError} with the full path of the first such member
   */
  done() {
    for (const name of namesOf(this.#members)) {
      if (!this.#read.has(name)) throw new MalformedError("unknown member", this.path(name));
    }
  }

  #wrong(name, expected, value) {
    return new MalformedError(`expected ${expected}, got ${kind(value)}`, this.path(name));
  }
}

function kind(value) {
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return "a string";
  if (typeof value === "object") return "an object";
  return typeof value === "number" || typeof value === "bigint" ? "a number" : "something else";
}
