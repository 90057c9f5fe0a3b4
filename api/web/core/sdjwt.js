/**
 * Selective disclosure for JWTs, RFC 9901, the reading side; mirrors `provenance/sdjwt.py`.
 *
 * An SD-JWT is a compact JWS whose payload holds digests in place of what its holder may hide, and
 * one *disclosure* for each thing that is shown, joined and ended by tildes:
 *
 *     <header>.<payload>.<signature>~<disclosure>~<disclosure>~
 *                                    `- base64url(["<salt>", "<name>", <value>])   object member
 *                                       base64url(["<salt>", <value>])             array element
 *
 * The digest of a disclosure is taken over its base64url text. In the payload a member's digest
 * stands in the `_sd` array of its object and an element's in `{"...": digest}`; a digest without
 * a disclosure is hidden, or a decoy, and nobody can tell. This module is the RFC (nesting, decoys,
 * `_sd_alg`) but for its key binding; `record_profile.js` says how little of it a record may use.
 */

import { sha256, sha384, sha512 } from "../vendor/sha2.js";
import { sha3_256, sha3_384, sha3_512 } from "../vendor/sha3.js";
import { utf8 } from "./bytes.js";
import { fromB64url, toB64url } from "./digests.js";
import { MalformedError, TooLargeError } from "./errors.js";
import { repr } from "./show.js";
import { isObject, namesOf, tokenize } from "./strict_json.js";

/** Used when the payload names no `_sd_alg` (RFC 9901 §4.1.1). */
export const DEFAULT_HASH = "sha-256";

/** Names of the IANA registry "Named Information Hash Algorithm" that are strong enough. */
const HASHES = Object.freeze({
  "sha-256": sha256,
  "sha-384": sha384,
  "sha-512": sha512,
  "sha3-256": sha3_256,
  "sha3-384": sha3_384,
  "sha3-512": sha3_512,
});

/** Objects and arrays inside one another after disclosing; disclosures may nest without end. */
const MAX_LEVELS = 64;

const RESERVED = ["_sd", "..."];

/**
 * One disclosure: what the holder shows, and the digest that stands for it in the payload.
 *
 * @typedef {object} Disclosure
 * @property {string} text the base64url text exactly as it arrived
 * @property {string} digest
 * @property {string} salt
 * @property {string | null} name of the object member; null for an array element
 * @property {any} value
 */

/**
 * @typedef {object} Jws a compact JWS taken apart; nothing about it is checked yet
 * @property {object} header
 * @property {object} payload
 * @property {Uint8Array} signature
 * @property {Uint8Array} signingInput
 */

/** @typedef {(octets: Uint8Array) => any} ReadJson reads one JSON text */

// --- taking apart -------------------------------------------------------------------------

/**
 * Cut a compact SD-JWT or SD-JWT+KB at its tildes (RFC 9901 §4).
 *
 * @param {string} compact
 * @returns {{jws: string, disclosures: string[], keyBinding: string | null}}
 * @throws {MalformedError} no tilde at all, or an empty disclosure
 */
export function split(compact) {
  const [jws, ...disclosures] = compact.split("~");
  if (disclosures.length === 0) {
    const message = "expected a tilde after the signature and after every disclosure";
    throw new MalformedError(message);
  }
  const keyBinding = disclosures.pop();
  const empty = disclosures.indexOf("");
  if (empty !== -1) throw new MalformedError("empty disclosure", `disclosures[${empty}]`);
  return { jws, disclosures, keyBinding: keyBinding === "" ? null : keyBinding };
}

/**
 * Parse a compact JWS with a JSON object as payload (RFC 7515 §5.2, steps 1 to 7).
 *
 * @param {string} compact
 * @param {ReadJson} [read]
 * @returns {Jws}
 * @throws {MalformedError} not three parts, not canonical base64url, or not JSON objects
 */
export function parseJws(compact, read = tokenize) {
  const parts = compact.split(".");
  if (parts.length !== 3) {
    throw new MalformedError(`expected three parts joined by dots, got ${parts.length}`);
  }
  const [header, payload, signature] = parts;
  return {
    header: readObject(header, "header", read),
    payload: readObject(payload, "payload", read),
    signature: decodeSegment(signature, "signature"),
    signingInput: utf8(`${header}.${payload}`),
  };
}

function readObject(segment, field, read) {
  const value = read(decodeSegment(segment, field));
  if (!isObject(value)) throw new MalformedError("expected a JSON object", field);
  return value;
}

/** @param {string} segment base64url @param {string} field @returns {Uint8Array} */
export function decodeSegment(segment, field) {
  return fromB64url(segment, { field });
}

/**
 * @param {string} disclosure
 * @param {string} [algorithm]
 * @returns {string} digest of the disclosure's base64url text, itself base64url (RFC 9901 §4.2.3)
 */
export function digestOf(disclosure, algorithm = DEFAULT_HASH) {
  return toB64url(HASHES[algorithm](utf8(disclosure)));
}

/**
 * Parse one disclosure: a JSON array of two or three elements (RFC 9901 §4.2).
 *
 * @param {string} text
 * @param {{algorithm?: string, field?: string, read?: ReadJson}} [how]
 * @returns {Disclosure}
 * @throws {MalformedError} another shape, a salt or name that is no string, or a reserved name
 */
export function parseDisclosure(text, how = {}) {
  const { algorithm = DEFAULT_HASH, field = "disclosure", read = tokenize } = how;
  const parts = read(decodeSegment(text, field));
  if (!Array.isArray(parts) || (parts.length !== 2 && parts.length !== 3)) {
    throw new MalformedError("expected an array of two or three elements", field);
  }
  const [salt, name] = parts;
  if (typeof salt !== "string") throw new MalformedError("expected a string as salt", field);
  const digest = digestOf(text, algorithm);
  if (parts.length === 2) return { text, digest, salt, name: null, value: parts[1] };
  if (typeof name !== "string") throw new MalformedError("expected a string as claim name", field);
  if (RESERVED.includes(name)) {
    throw new MalformedError(`a claim cannot be named ${repr(name)}`, field);
  }
  return { text, digest, salt, name, value: parts[2] };
}

// --- processing (RFC 9901 §7.1) -----------------------------------------------------------

/**
 * Put every disclosed value in its place and drop all digests (RFC 9901 §7.1, steps 2 to 5).
 *
 * The order of members is kept, disclosed ones follow in the order of their digests.
 *
 * @param {object} payload
 * @param {string[]} disclosures
 * @param {ReadJson} [read]
 * @returns {{claims: object, disclosed: Disclosure[], withheld: Set<string>}}
 * @throws {MalformedError} an unknown `_sd_alg`, a digest or disclosure of the wrong shape, a digest
 *   that occurs twice, a disclosure nothing refers to, or a name already taken
 * @throws {TooLargeError} more levels than `MAX_LEVELS`
 */
export function process(payload, disclosures, read = tokenize) {
  const algorithm = algorithmOf(payload);
  const disclosed = disclosures.map((text, number) =>
    parseDisclosure(text, { algorithm, field: `disclosures[${number}]`, read }),
  );
  const walk = new Walk(new Map(disclosed.map((one) => [one.digest, one])));
  if (walk.waiting.size !== disclosed.length) {
    throw new MalformedError("a disclosure occurs twice", "disclosures");
  }
  const claims = walk.members(without(payload, "_sd_alg"), "", 1);
  disclosed.forEach((one, number) => {
    if (walk.waiting.has(one.digest)) {
      throw new MalformedError("no digest refers to it", `disclosures[${number}]`);
    }
  });
  return { claims, disclosed, withheld: walk.withheld };
}

function algorithmOf(payload) {
  const algorithm = payload._sd_alg === undefined ? DEFAULT_HASH : payload._sd_alg;
  if (typeof algorithm !== "string" || !Object.hasOwn(HASHES, algorithm)) {
    throw new MalformedError(`unknown hash algorithm ${repr(algorithm)}`, "_sd_alg");
  }
  return algorithm;
}

function without(object, name) {
  const rest = Object.create(null);
  for (const one of namesOf(object)) if (one !== name) rest[one] = object[one];
  return rest;
}

/** One walk over a payload: uses each disclosure once and notes every digest it meets. */
class Walk {
  withheld = new Set();
  #met = new Set();

  constructor(waiting) {
    this.waiting = waiting;
  }

  /** Return the object without `_sd`, its disclosed members added. */
  members(members, path, level) {
    for (const reserved of ["...", "_sd_alg"]) {
      if (Object.hasOwn(members, reserved)) {
        throw new MalformedError("not allowed at this place", join(path, reserved));
      }
    }
    const claims = Object.create(null);
    for (const key of namesOf(members)) {
      if (key !== "_sd") claims[key] = this.#value(members[key], join(path, key), level + 1);
    }
    if (!Object.hasOwn(members, "_sd")) return claims;
    const place = join(path, "_sd");
    if (!Array.isArray(members._sd)) {
      throw new MalformedError("expected an array of digests", place);
    }
    members._sd.forEach((digest, number) => {
      this.#disclose(claims, digest, { path, place: `${place}[${number}]`, level });
    });
    return claims;
  }

  #disclose(claims, digest, { path, place, level }) {
    const found = this.#take(digest, place);
    if (found === null) return;
    if (found.name === null) throw new MalformedError("its disclosure has no claim name", place);
    const where = join(path, found.name);
    if (Object.hasOwn(claims, found.name)) {
      throw new MalformedError("disclosed beside a claim of the same name", where);
    }
    claims[found.name] = this.#value(found.value, where, level + 1);
  }

  /** Return the array with disclosed elements in place and hidden ones left out. */
  #array(elements, path, level) {
    const shown = [];
    elements.forEach((element, number) => {
      const place = `${path}[${number}]`;
      if (!isObject(element) || !Object.hasOwn(element, "...")) {
        shown.push(this.#value(element, place, level + 1));
        return;
      }
      if (Object.keys(element).length !== 1) {
        throw new MalformedError("a digest stands beside other members", place);
      }
      const found = this.#take(element["..."], place);
      if (found === null) return;
      if (found.name !== null) throw new MalformedError("its disclosure has a claim name", place);
      shown.push(this.#value(found.value, place, level + 1));
    });
    return shown;
  }

  #value(value, path, level) {
    if (level > MAX_LEVELS) {
      throw new TooLargeError({ limit: MAX_LEVELS, length: level, unit: "levels", field: path });
    }
    if (isObject(value)) return this.members(value, path, level);
    return Array.isArray(value) ? this.#array(value, path, level) : value;
  }

  /** Note a digest; return its disclosure, or null for a hidden claim or a decoy. */
  #take(digest, field) {
    if (typeof digest !== "string")
      throw new MalformedError("expected a digest as a string", field);
    if (this.#met.has(digest)) throw new MalformedError("the digest occurs twice", field);
    this.#met.add(digest);
    const found = this.waiting.get(digest) ?? null;
    this.waiting.delete(digest);
    if (found === null) this.withheld.add(digest);
    return found;
  }
}

function join(path, name) {
  return path === "" ? name : `${path}.${name}`;
}

/**
 * Verify an SD-JWT and return what it discloses (RFC 9901 §7.1).
 *
 * A key binding JWT is cut off unread: no record has one. The claims `exp`, `nbf`, `aud`
 * and `iss` are the caller's to check: this module has no clock.
 *
 * @param {string} compact
 * @param {(header: object, signingInput: Uint8Array, signature: Uint8Array) => Promise<void>}
 *   checkSignature
 * @param {ReadJson} [read]
 * @returns {Promise<{claims: object, disclosed: Disclosure[], withheld: Set<string>}>}
 */
export async function verify(compact, checkSignature, read = tokenize) {
  const parts = split(compact);
  const jws = parseJws(parts.jws, read);
  refuseUnsigned(jws.header, "header.alg");
  await checkSignature(jws.header, jws.signingInput, jws.signature);
  return process(jws.payload, parts.disclosures, read);
}

function refuseUnsigned(header, field) {
  if ((header.alg ?? "none") === "none") {
    throw new MalformedError("expected a signature algorithm", field);
  }
}
