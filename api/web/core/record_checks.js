/**
 * What the members of records look like: the type of a record type, and a check for each value;
 * mirrors `provenance/record_checks.py`.
 *
 * Each check gets strict JSON (`strict_json.parse`): strings are NFC, integers are within 2^53.
 * Types use them in `operator_types.js`, `key_types.js`, `deposit_types.js` and
 * `attribution_types.js`; `record_types.js` puts the types together.
 *
 * @typedef {(value: unknown, where: string) => void} CheckValue `where` is the full path
 */

import { compareText, lengthOf } from "./bytes.js";
import { ROLES } from "./credit.js";
import { fromB64url, fromEvmHex, fromHex } from "./digests.js";
import { MalformedError, TooLargeError } from "./errors.js";
import {
  RELATIONS,
  checkDigestOfSomething,
  checkIdentifier,
  checkOrcid,
  checkRor,
} from "./identifiers.js";
import { PublicKey } from "./keys.js";
import { NoteVerifier } from "./note.js";
import { isPrintable, joinPath, repr } from "./show.js";
import { checkSpdx } from "./spdx.js";
import { MAX_INTEGER, dumpText, isObject, namesOf } from "./strict_json.js";
import { checkLine, isSpace } from "./text.js";

/** Per deposit; more people come by `contribution` records. */
export const MAX_CONTRIBUTORS = 500;
export const MAX_NAME = 200;
export const MAX_TITLE = 1_000;
export const MAX_VERSION = 100;
const MAX_IDENTIFIER = 2_000;
const MAX_LICENSE = 500;
/** Identifiers, relations, or keys and chains named by one record. */
export const MAX_ITEMS = 100;
/** Organisations one person is affiliated with. */
export const MAX_ROR = 20;

/** Algorithms of a declared manifest, and those a deposit may sign beside its dataset digest. */
export const DECLARED_ALGORITHMS = Object.freeze([
  "md5",
  "sha1",
  "sha224",
  "sha384",
  "sha512",
  "sha3-256",
  "sha3-512",
  "blake2b",
  "sm3",
  "blake3",
  "sha256-chunks",
]);
export const ADDITIONAL_ALGORITHMS = Object.freeze(["blake3", "sm3", "sha256-chunks"]);

/**
 * One type of record.
 *
 * @typedef {object} RecordType
 * @property {string} name
 * @property {Record<string, CheckValue>} plain members signed in the clear
 * @property {string[]} required
 * @property {Record<string, CheckValue>} disclosable members that stand behind a digest in `_sd`
 * @property {Record<string, CheckValue>} elements arrays all of whose elements stand behind digests
 * @property {boolean} mayHold whether disclosures may be kept from public view (`held`)
 * @property {((claims: object, kid: string) => void) | null} whole rule over several members of the
 *   signed payload and the `kid` that signed it
 */

/**
 * @param {Partial<RecordType> & {name: string, plain: Record<string, CheckValue>}} about
 * @returns {RecordType}
 */
export function recordType(about) {
  const { name, plain, required = [], disclosable = {}, elements = {} } = about;
  const { mayHold = false, whole = null } = about;
  return Object.freeze({ name, plain, required, disclosable, elements, mayHold, whole });
}

// --- small checks -------------------------------------------------------------------------

/** Check a string and return it. @param {unknown} value @param {string} where */
export function checkString(value, where) {
  if (typeof value !== "string") throw new MalformedError("expected a string", where);
  return value;
}

/**
 * Check one printable line of at most `limit` characters and return it.
 *
 * @param {unknown} value
 * @param {string} where
 * @param {number} limit
 * @returns {string}
 */
function checkLineOf(value, where, limit) {
  const text = checkString(value, where);
  const length = lengthOf(text);
  if (length > limit) {
    throw new TooLargeError({ limit, length, unit: "characters", field: where });
  }
  refuseSpaces(text, where);
  if (!isPrintable(text)) checkLine(text, where);
  return text;
}

/** @param {string} text @param {string} where */
export function refuseSpaces(text, where) {
  if (text === "" || isSpace(text[0]) || isSpace(text.at(-1))) {
    throw new MalformedError("expected text without spaces around it", where);
  }
}

/** @param {number} limit @returns {CheckValue} */
export function lineOf(limit) {
  return (value, where) => {
    checkLineOf(value, where, limit);
  };
}

/** @param {number} low @param {number} [high] @returns {CheckValue} */
export function integer(low, high = MAX_INTEGER) {
  return (value, where) => {
    if (typeof value !== "number") throw new MalformedError("expected an integer", where);
    if (!(low <= value && value <= high)) {
      throw new MalformedError(`expected ${low} to ${high}, got ${value}`, where);
    }
  };
}

/** Check an array of 1 to `limit` elements and return it. */
export function checkArray(value, where, limit) {
  if (!Array.isArray(value)) throw new MalformedError("expected an array", where);
  if (value.length === 0) {
    throw new MalformedError("expected an element, or no such member", where);
  }
  if (value.length > limit) {
    throw new TooLargeError({ limit, length: value.length, unit: "elements", field: where });
  }
  return value;
}

/** @param {CheckValue} check @param {number} [limit] @returns {CheckValue} each element once */
export function arrayOf(check, limit = MAX_ITEMS) {
  return (value, where) => {
    const seen = new Set();
    checkArray(value, where, limit).forEach((one, number) => {
      check(one, `${where}[${number}]`);
      const same = sortedText(one);
      if (seen.has(same)) {
        throw new MalformedError("expected each element once", `${where}[${number}]`);
      }
      seen.add(same);
    });
  };
}

/** Write a value so that equal ones, whatever the order of their members, have one text. */
function sortedText(value) {
  if (!isObject(value)) {
    return Array.isArray(value) ? `[${value.map(sortedText).join(",")}]` : dumpText(value);
  }
  const names = Object.keys(value).sort(compareText);
  return `{${names.map((name) => `${dumpText(name)}:${sortedText(value[name])}`).join(",")}}`;
}

/** Check an object whose members are all known; which are required is the caller's rule. */
export function checkMembers(value, where, known) {
  if (!isObject(value)) throw new MalformedError("expected an object", where);
  for (const name of namesOf(value)) {
    if (!Object.hasOwn(known, name))
      throw new MalformedError("unknown member", joinPath(where, name));
    known[name](value[name], `${where}.${name}`);
  }
  return value;
}

/** @param {Record<string, CheckValue>} known @param {string[]} [optional] @returns {CheckValue} */
export function objectOf(known, optional = []) {
  const required = Object.keys(known).filter((name) => !optional.includes(name));
  return (value, where) => {
    checkMembers(value, where, known);
    const missing = leastMissing(required, value);
    if (missing !== null) {
      throw new MalformedError("expected the member, got none", `${where}.${missing}`);
    }
  };
}

/** @param {string[]} required @param {object} value @returns {string | null} */
export function leastMissing(required, value) {
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  return missing.sort(compareText)[0] ?? null;
}

/** @type {CheckValue} lower-case hex of 32 bytes */
export function checkHex32(value, where) {
  fromHex(checkString(value, where), { field: where });
}

/** @param {number} length @returns {CheckValue} `0x` and the hex of `length` bytes */
export function evmHex(length) {
  return (value, where) => {
    fromEvmHex(checkString(value, where), { length, field: where });
  };
}

/** @param {Iterable<string>} allowed @returns {CheckValue} one word of a closed list */
export function oneOf(allowed) {
  const words = [...allowed];
  return (value, where) => {
    if (!words.includes(value)) {
      const known = words.toSorted(compareText).join(", ");
      throw new MalformedError(`expected one of ${known}; got ${repr(value, 80)}`, where);
    }
  };
}

/** @type {CheckValue} a public key as a JWK (RFC 7517) */
export function checkJwk(value, where) {
  PublicKey.fromJwk(value, where);
}

/** @type {CheckValue} a verifier key of a signed note (C2SP signed-note) */
export function checkVkey(value, where) {
  const text = checkString(value, where);
  try {
    NoteVerifier.fromVkey(text);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new MalformedError(`expected a verifier key: ${error.message}`, where);
  }
}

// --- people and datasets ------------------------------------------------------------------

/** @type {CheckValue} an ORCID iD, its check digit included */
export function checkOrcidValue(value, where) {
  checkOrcid(checkString(value, where), where);
}

/** @type {CheckValue} a ROR id, its check digits included */
export function checkRorValue(value, where) {
  checkRor(checkString(value, where), where);
}

/** @type {CheckValue} roles that are stated; one that is not is absent */
export const checkRoles = arrayOf(oneOf(ROLES.keys()), ROLES.size);

/** @type {CheckValue} */
export const checkContributor = objectOf(
  {
    name: lineOf(MAX_NAME),
    orcid: checkOrcidValue,
    ror: arrayOf(checkRorValue, MAX_ROR),
    roles: checkRoles,
  },
  ["orcid", "ror", "roles"],
);

/** @type {CheckValue} a persistent identifier with its type */
export function checkIdentifierValue(value, where) {
  const names = isObject(value) ? Object.keys(value) : [];
  if (names.length !== 2 || !names.includes("type") || !names.includes("value")) {
    throw new MalformedError("expected an object of type and value", where);
  }
  const kind = checkString(value.type, `${where}.type`);
  checkIdentifier(kind, checkLineOf(value.value, `${where}.value`, MAX_IDENTIFIER), where);
}

const RELATION = {
  relation: oneOf(RELATIONS),
  record: checkHex32,
  identifier: lineOf(MAX_IDENTIFIER),
};

/** @type {CheckValue} a relation to another record, or to anything that has an identifier */
export function checkRelation(value, where) {
  checkMembers(value, where, RELATION);
  if (!Object.hasOwn(value, "relation")) {
    throw new MalformedError("expected the member, got none", `${where}.relation`);
  }
  if (Object.hasOwn(value, "record") === Object.hasOwn(value, "identifier")) {
    throw new MalformedError("expected either record or identifier", where);
  }
}

/** @type {CheckValue} hex of 32 bytes that is not the digest of nothing */
export function checkDatasetDigest(value, where) {
  const digest = checkString(value, where);
  fromHex(digest, { field: where });
  checkDigestOfSomething(digest, where);
}

/** @type {CheckValue} */
export const checkDeclaredDigest = objectOf({
  algorithm: oneOf(DECLARED_ALGORITHMS),
  digest: checkDatasetDigest,
});

const additionalList = arrayOf(
  objectOf({ algorithm: oneOf(ADDITIONAL_ALGORITHMS), digest: checkDatasetDigest }),
  ADDITIONAL_ALGORITHMS.length,
);

/** @type {CheckValue} roots over the same files by other algorithms, each algorithm once */
export function checkAdditionalDigests(value, where) {
  additionalList(value, where);
  const algorithms = value.map((one) => one.algorithm);
  algorithms.forEach((algorithm, number) => {
    if (algorithms.indexOf(algorithm) < number) {
      throw new MalformedError("expected each algorithm once", `${where}[${number}]`);
    }
  });
}

/** @type {CheckValue} an SPDX licence expression */
export function checkLicense(value, where) {
  checkSpdx(checkLineOf(value, where, MAX_LICENSE), where);
}

// --- the log's own ------------------------------------------------------------------------

/** @type {Record<string, CheckValue>} */
export const BLOCK = { chain_id: integer(1), number: integer(0), block_hash: evmHex(32) };

/** @type {CheckValue} an RFC 7638 SHA-256 thumbprint, base64url of 32 bytes */
export function checkThumbprint(value, where) {
  fromB64url(checkString(value, where), { length: 32, field: where });
}
