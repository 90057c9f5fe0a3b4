/**
 * Our profile of RFC 9901: how header, payload and disclosures of a record must look; mirrors
 * `provenance/record_profile.py`.
 *
 * The order is that of trust: the header tells type and key, the payload's own members are checked
 * by the type's table, then each disclosure must match a digest that is still waiting for one. Each
 * refusal names the member by its path in the record: `header.kid`, `contributors[2].orcid`,
 * `_sd[0]`, `disclosures[3]` (the fourth one, where no digest says what it belongs to).
 */

import { lengthOf } from "./bytes.js";
import { MalformedError, TooLargeError, UnsupportedVersionError } from "./errors.js";
import { ALGORITHMS, PublicKey } from "./keys.js";
import { MAX_CONTRIBUTORS, leastMissing } from "./record_checks.js";
import { TYPES } from "./record_types.js";
import { decodeSegment, digestOf } from "./sdjwt.js";
import { isPrintable, joinPath, repr } from "./show.js";
import { Members, isObject, namesOf, parse } from "./strict_json.js";
import { checkLine } from "./text.js";

/** Version of every record type, in the payload's `v`. */
const VERSION = 1;

/** An entry bundle writes the length of an entry in two bytes (C2SP tlog-tiles). */
export const MAX_ENTRY_BYTES = 65_535;

/** A record with all its disclosures. */
export const MAX_RECORD_BYTES = 256 * 1024;

const MAX_ORIGIN = 255;
const MAX_DEPTH = 16;
// Base64url characters of 16 bytes: a shorter salt lets a name be guessed from its digest.
const MIN_SALT = 22;

/** Members of every payload, whatever the type. */
const COMMON = Object.freeze(["v", "aud", "iat", "_sd_alg", "_sd"]);

// Canonical base64url of 32 bytes.
const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** Read one base64url segment in the record profile of JSON; errors tell the place. */
function readJson(segment, place) {
  const octets = decodeSegment(segment, place);
  try {
    return parse(octets, { maxBytes: MAX_RECORD_BYTES, maxDepth: MAX_DEPTH });
  } catch (error) {
    if (error instanceof MalformedError) locate(error, place);
    throw error;
  }
}

/** Name the member that the JSON reader refused by its path in the record. */
function locate(error, place) {
  const inner = error.field ?? "";
  const isNamed = inner !== "" && error.message.startsWith(`${inner}: `);
  const message = isNamed ? error.message.slice(inner.length + 2) : error.message;
  if (place === "payload" && inner !== "") error.field = inner;
  else
    error.field = inner.startsWith("[") || inner === "" ? `${place}${inner}` : `${place}.${inner}`;
  error.message = `${error.field}: ${message}`;
}

function readObject(segment, place) {
  const value = readJson(segment, place);
  if (!isObject(value)) throw new MalformedError("expected a JSON object", place);
  return value;
}

/** @param {string} segment base64url @returns {object} */
export function readPayload(segment) {
  return readObject(segment, "payload");
}

// --- the protected header -----------------------------------------------------------------

/**
 * @typedef {object} Header
 * @property {"Ed25519" | "ES256"} alg
 * @property {string} kid
 * @property {import("./record_checks.js").RecordType} type
 * @property {PublicKey | null} key of a `key` record
 */

/**
 * Read the protected header: exactly alg, kid and typ; a `key` record also has its jwk.
 *
 * @param {string} segment base64url
 * @returns {Header}
 * @throws {MalformedError} not exactly these members, or a kid, alg or jwk that do not fit
 * @throws {UnsupportedVersionError} a type this release does not know
 */
export function readHeader(segment) {
  const members = new Members(readObject(segment, "header"), "header");
  const alg = members.text("alg", { maxLength: 16 });
  if (!ALGORITHMS.includes(alg)) {
    throw new MalformedError(`expected Ed25519 or ES256, got ${repr(alg)}`, "header.alg");
  }
  const kid = members.text("kid", { maxLength: 43 });
  if (!DIGEST.test(kid)) {
    throw new MalformedError("expected an RFC 7638 SHA-256 thumbprint", "header.kid");
  }
  const typ = members.text("typ", { maxLength: 64 });
  const plus = typ.indexOf("+");
  if (plus === -1 || typ.slice(plus) !== "+sd-jwt") {
    throw new MalformedError("expected <type>+sd-jwt", "header.typ");
  }
  const name = typ.slice(0, plus);
  const type = TYPES.get(name);
  if (type === undefined) {
    throw new UnsupportedVersionError(`unknown record type ${repr(name)}`, "header.typ");
  }
  const key = name === "key" ? PublicKey.fromJwk(members.value("jwk"), "header.jwk") : null;
  members.done();
  if (key !== null && key.thumbprint !== kid) {
    throw new MalformedError("expected the thumbprint of jwk", "header.kid");
  }
  if (key !== null && key.alg !== alg) {
    throw new MalformedError(`expected ${key.alg}, the algorithm of jwk`, "header.alg");
  }
  return { alg, kid, type, key };
}

// --- the signed payload -------------------------------------------------------------------

/**
 * Check every member that is signed in the clear.
 *
 * @param {object} claims
 * @param {Header} header
 * @throws {UnsupportedVersionError} another `v`
 * @throws {MalformedError} or another leaf of it: what else is wrong
 */
export function checkClaims(claims, { type, kid }) {
  checkCommon(claims);
  for (const name of namesOf(claims)) {
    if (Object.hasOwn(type.plain, name)) {
      type.plain[name](claims[name], name);
    } else if (!COMMON.includes(name) && !Object.hasOwn(type.elements, name)) {
      if (name !== "held" || !type.mayHold) refuseMember(name, type);
    }
  }
  const missing = leastMissing(type.required, claims);
  if (missing !== null) throw new MalformedError("expected the member, got none", missing);
  type.whole?.(claims, kid);
}

/** Check the members of every payload: the version first, since it decides about the rest. */
function checkCommon({ v, aud, iat, _sd_alg: algorithm }) {
  if (typeof v !== "number") throw new MalformedError("expected an integer", "v");
  if (v !== VERSION) throw new UnsupportedVersionError(`expected ${VERSION}, got ${v}`, "v");
  if (typeof aud !== "string" || aud === "" || lengthOf(aud) > MAX_ORIGIN) {
    throw new MalformedError(`expected an origin of 1 to ${MAX_ORIGIN} characters`, "aud");
  }
  if (!isPrintable(aud)) checkLine(aud, "aud");
  if (typeof iat !== "number" || iat < 0) {
    throw new MalformedError("expected POSIX seconds", "iat");
  }
  if (algorithm !== "sha-256") throw new MalformedError("expected sha-256", "_sd_alg");
}

function refuseMember(name, type) {
  const where = joinPath(null, name);
  if (Object.hasOwn(type.disclosable, name)) {
    throw new MalformedError("expected a disclosure, so that it can be erased", where);
  }
  throw new MalformedError("unknown member", where);
}

/**
 * @param {object} claims
 * @param {import("./record_checks.js").RecordType} type
 * @returns {Map<string, string>} every digest of the payload with the path where it stands, in
 *   document order
 */
export function findPlaces(claims, type) {
  const places = new Map();
  if (Object.hasOwn(claims, "_sd")) {
    if (Object.keys(type.disclosable).length === 0) {
      throw new MalformedError("this type of record has no disclosures", "_sd");
    }
    some(claims._sd, "_sd", MAX_CONTRIBUTORS).forEach((digest, number) => {
      addPlace(places, digest, `_sd[${number}]`);
    });
  }
  for (const name of Object.keys(type.elements).filter((one) => Object.hasOwn(claims, one))) {
    some(claims[name], name, MAX_CONTRIBUTORS).forEach((element, number) => {
      const place = `${name}[${number}]`;
      const names = isObject(element) ? Object.keys(element) : [];
      if (names.length !== 1 || names[0] !== "...") {
        throw new MalformedError("expected a disclosure, so that it can be erased", place);
      }
      addPlace(places, element["..."], place);
    });
  }
  return places;
}

/** Return an array of 1 to `limit` elements. */
function some(value, where, limit) {
  if (!Array.isArray(value) || value.length === 0) {
    throw new MalformedError("expected an array with elements, or no such member", where);
  }
  if (value.length > limit) {
    throw new TooLargeError({ limit, length: value.length, unit: "elements", field: where });
  }
  return value;
}

function addPlace(places, digest, place) {
  if (typeof digest !== "string") {
    throw new MalformedError("expected base64url of 32 bytes", place);
  }
  if (places.has(digest)) {
    throw new MalformedError(`the digest stands at ${places.get(digest)} too`, place);
  }
  places.set(digest, place);
}

/**
 * @param {object} claims
 * @param {Map<string, string>} places
 * @returns {Set<string>} the digests of holder disclosures: a subset of the record's own
 */
export function readHeld(claims, places) {
  if (!Object.hasOwn(claims, "held")) return new Set();
  const listed = some(claims.held, "held", places.size);
  listed.forEach((digest, number) => {
    if (typeof digest !== "string" || !places.has(digest)) {
      throw new MalformedError("expected a digest of this record", `held[${number}]`);
    }
  });
  const held = new Set(listed);
  if (held.size !== listed.length) throw new MalformedError("expected each digest once", "held");
  return held;
}

/**
 * Take the digests of `sealed` out of `places`: their disclosures never come with it.
 *
 * @param {object} claims
 * @param {Map<string, string>} places
 */
export function takeSealed(claims, places) {
  const sealed = claims.sealed ?? {};
  for (const name of namesOf(sealed)) {
    const place = places.get(sealed[name]) ?? "";
    places.delete(sealed[name]);
    if (!place.startsWith("_sd[")) {
      throw new MalformedError("expected a digest of _sd", `sealed.${name}`);
    }
  }
}

/**
 * Match disclosures to digests, check their values and put them in place.
 *
 * Takes each digest that is met out of `places`; what is left there was withheld.
 *
 * @param {object} claims
 * @param {import("./record_checks.js").RecordType} type
 * @param {Map<string, string>} places
 * @param {string[]} disclosures
 * @returns {{payload: object, parts: import("./sdjwt.js").Disclosure[]}}
 */
export function disclose(claims, type, places, disclosures) {
  const payload = Object.create(null);
  for (const name of namesOf(claims)) {
    if (name !== "_sd" && name !== "_sd_alg") payload[name] = claims[name];
  }
  const found = new Map();
  const parts = disclosures.map((text, number) => {
    const part = takeDisclosure(text, places, number);
    if (part.name === null) {
      type.elements[part.place.slice(0, part.place.indexOf("["))](part.value, part.place);
      found.set(part.digest, part.value);
    } else {
      putInPlace(payload, part, { type, sealed: claims.sealed ?? {}, number });
    }
    return part;
  });
  for (const [digest, place] of places) {
    if (!DIGEST.test(digest)) throw new MalformedError("expected base64url of 32 bytes", place);
  }
  for (const name of Object.keys(type.elements).filter((one) => Object.hasOwn(claims, one))) {
    const shown = claims[name].map((one) => one["..."]).filter((digest) => found.has(digest));
    payload[name] = shown.map((digest) => found.get(digest));
  }
  return { payload, parts };
}

function putInPlace(payload, part, { type, sealed, number }) {
  if (!Object.hasOwn(type.disclosable, part.name)) {
    throw new MalformedError("not a claim to disclose", `disclosures[${number}]`);
  }
  if (Object.hasOwn(payload, part.name) || Object.hasOwn(sealed, part.name)) {
    throw new MalformedError("disclosed twice", part.name);
  }
  type.disclosable[part.name](part.value, part.name);
  payload[part.name] = part.value;
}

/** Read one disclosure: name and value for a place in `_sd`, value alone for an element. */
function takeDisclosure(text, places, number) {
  const where = `disclosures[${number}]`;
  const digest = digestOf(text);
  const place = places.get(digest);
  places.delete(digest);
  if (place === undefined) throw new MalformedError("no digest refers to it", where);
  const value = readJson(text, where);
  const isMember = place.startsWith("_sd");
  if (!Array.isArray(value) || value.length !== (isMember ? 3 : 2)) {
    throw new MalformedError("expected salt and value, or salt, name and value", where);
  }
  const [salt] = value;
  const name = isMember ? value[1] : null;
  if (typeof salt !== "string" || lengthOf(salt) < MIN_SALT) {
    throw new MalformedError("expected a salt of 128 random bits", `${where}[0]`);
  }
  if (isMember && typeof name !== "string") {
    throw new MalformedError("expected a claim name", `${where}[1]`);
  }
  return { text, digest, salt, name, value: value.at(-1), place };
}
