/**
 * Selective disclosure for JWTs, RFC 9901, the writing side: as little of it as a record uses, which
 * is one level, SHA-256 and no decoys (`conceal` of `provenance/sdjwt.py`).
 *
 * @typedef {import("./sdjwt.js").Disclosure} Disclosure
 */

import { toB64url } from "./digests.js";
import { MalformedError } from "./errors.js";
import { DEFAULT_HASH, digestOf } from "./sdjwt.js";
import { dump } from "./strict_json.js";

/** Bytes of randomness a salt must have (RFC 9901 §9.3: 128 bits). */
const MIN_SALT_LENGTH = 16;

/** Marks a member, or an element of an array, that `conceal` turns into a digest. */
export class Hidden {
  /** @param {unknown} value */
  constructor(value) {
    this.value = value;
  }
}

/**
 * Write one disclosure (RFC 9901 §4.2).
 *
 * @param {Uint8Array} salt random bytes that are never used again
 * @param {unknown} value
 * @param {string | null} [name] of the member; null for an element of an array
 * @returns {Disclosure}
 * @throws {MalformedError} the salt is too short
 */
export function makeDisclosure(salt, value, name = null) {
  if (salt.length < MIN_SALT_LENGTH) {
    const message = `expected ${MIN_SALT_LENGTH} bytes or more, got ${salt.length}`;
    throw new MalformedError(message, "salt");
  }
  const written = toB64url(salt);
  const text = toB64url(dump(name === null ? [written, value] : [written, name, value]));
  return { text, digest: digestOf(text), salt: written, name, value };
}

/**
 * Replace every `Hidden` member, and every `Hidden` element of a member that is an array, by its
 * digest. Digests are sorted within `_sd`, so that their order tells nothing of the claims'.
 *
 * @param {Record<string, unknown>} claims
 * @param {Iterator<Uint8Array>} salts
 * @returns {{payload: Record<string, unknown>, disclosures: Disclosure[]}} the payload to sign
 */
export function conceal(claims, salts) {
  const disclosures = [];
  function hide({ value }, name) {
    const made = makeDisclosure(salts.next().value, value, name);
    disclosures.push(made);
    return made.digest;
  }
  const shown = {};
  const digests = [];
  for (const [name, value] of Object.entries(claims)) {
    if (value instanceof Hidden) digests.push(hide(value, name));
    else if (Array.isArray(value)) {
      shown[name] = value.map((one) => (one instanceof Hidden ? { "...": hide(one, null) } : one));
    } else shown[name] = value;
  }
  const hidden = digests.length > 0 ? { _sd: digests.sort() } : {};
  return { payload: { ...hidden, ...shown, _sd_alg: DEFAULT_HASH }, disclosures };
}

/** Yield salts for disclosures, 16 random bytes each. */
export function* randomSalts() {
  for (;;) yield crypto.getRandomValues(new Uint8Array(MIN_SALT_LENGTH));
}
