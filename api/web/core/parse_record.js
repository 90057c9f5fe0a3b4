/**
 * A record: an SD-JWT in our profile, parsed strictly and read as typed values; the reading half
 * of `provenance/record.py`.
 *
 *     compact   <header>.<payload>.<signature>~<disclosure>~...~    what a client sends and keeps
 *     entry     <header>.<payload>.<signature>                      what the log holds and hashes
 *     id        SHA-256(<header>.<payload>)                         the same for every signature
 *
 *     header    {"alg":"Ed25519","kid":"<RFC 7638 thumbprint>","typ":"deposit+sd-jwt"}
 *     payload   {"aud":"<origin>","iat":<seconds>,"v":1,"_sd_alg":"sha-256","_sd":[...], <claims>}
 *
 * Of RFC 9901 a record uses the smallest part: SHA-256, one level, no decoys, no key binding.
 * Whether the signature is good, the key known and `aud` this log is asked by those who can know it.
 */

import { toHex, utf8 } from "./bytes.js";
import { sha256 } from "./digests.js";
import { BadSignatureError, MalformedError, TooLargeError } from "./errors.js";
import { SIGNATURE_LENGTH } from "./keys.js";
import {
  MAX_ENTRY_BYTES,
  MAX_RECORD_BYTES,
  checkClaims,
  disclose,
  findPlaces,
  readHeader,
  readHeld,
  readPayload,
  takeSealed,
} from "./record_profile.js";
import {
  readBeacon,
  readDeposit,
  readFixity,
  readKeyBinding,
  readRevocation,
} from "./record_values.js";
import { decodeSegment, split } from "./sdjwt.js";
import { isAscii } from "./text.js";

/**
 * A parsed record: its text, and what it says.
 *
 * @typedef {object} Record
 * @property {string} compact as it arrived, disclosures included
 * @property {Uint8Array} entry the JWS without disclosures: what the log holds
 * @property {Uint8Array} id SHA-256 of the JWS signing input, 32 bytes
 * @property {string} idHex
 * @property {string} type
 * @property {string} kid RFC 7638 thumbprint of the signing key
 * @property {"Ed25519" | "ES256"} alg
 * @property {import("./keys.js").PublicKey | null} key that a `key` record carries
 * @property {string} aud origin of the log it is meant for
 * @property {number} iat the signer's own clock, POSIX seconds: claimed, never proved
 * @property {object} claims the payload as signed, digests and all
 * @property {object} payload the payload with disclosed values in place and all digests gone
 * @property {import("./sdjwt.js").Disclosure[]} parts the disclosures that arrived, in their order
 * @property {Set<string>} withheld digests whose disclosure did not arrive
 * @property {Set<string>} held digests of holder disclosures: never public
 * @property {Uint8Array} signingInput
 * @property {Uint8Array} signature
 */

/**
 * Parse a record with its disclosures; the signature is not checked here.
 *
 * @param {string} compact
 * @param {{complete: boolean}} how whether every digest must have its disclosure (a submission);
 *   otherwise some may be missing (a receipt, after erasure or by the holder's choice)
 * @returns {Record}
 * @throws {MalformedError} or one of its leaves; `field` is the full path of what is wrong
 */
export function parseRecord(compact, { complete }) {
  const { length } = utf8(compact);
  if (length > MAX_RECORD_BYTES) {
    throw new TooLargeError({ limit: MAX_RECORD_BYTES, length, unit: "bytes", field: "record" });
  }
  refuseBeyondAscii(compact);
  const { jws, disclosures, keyBinding } = split(compact);
  if (keyBinding !== null) {
    throw new MalformedError("expected a tilde at the end, and no key binding", "record");
  }
  return parseParts(jws, disclosures, { compact, complete });
}

function refuseBeyondAscii(text) {
  if (!isAscii(text)) throw new MalformedError("expected base64url, dots and tildes", "record");
}

function parseParts(jws, disclosures, { compact, complete }) {
  if (jws.length > MAX_ENTRY_BYTES) {
    const { length } = jws;
    throw new TooLargeError({ limit: MAX_ENTRY_BYTES, length, unit: "bytes", field: "record" });
  }
  const segments = jws.split(".");
  if (segments.length !== 3) {
    throw new MalformedError(`expected three parts, got ${segments.length}`, "record");
  }
  const [head, body, tail] = segments;
  const header = readHeader(head);
  const claims = readPayload(body);
  checkClaims(claims, header);
  const places = findPlaces(claims, header.type);
  takeSealed(claims, places);
  const held = readHeld(claims, places);
  const { payload, parts } = disclose(claims, header.type, places, disclosures);
  if (complete && places.size > 0) {
    throw new MalformedError("expected its disclosure, got none", [...places.values()][0]);
  }
  const signature = decodeSegment(tail, "signature");
  if (signature.length !== SIGNATURE_LENGTH) {
    throw new MalformedError(`expected ${SIGNATURE_LENGTH} bytes`, "signature");
  }
  const signingInput = utf8(`${head}.${body}`);
  const id = sha256(signingInput);
  return Object.freeze({
    compact,
    entry: utf8(jws),
    id,
    idHex: toHex(id),
    type: header.type.name,
    kid: header.kid,
    alg: header.alg,
    key: header.key,
    aud: claims.aud,
    iat: claims.iat,
    claims,
    payload,
    parts,
    withheld: new Set(places.keys()),
    held,
    signingInput,
    signature,
  });
}

/**
 * Check that `publicKey` is the one `kid` names and made the signature.
 *
 * @param {Record} record
 * @param {import("./keys.js").PublicKey} publicKey
 * @throws {BadSignatureError} another key, another algorithm, or not its signature
 */
export async function verifySignature(record, publicKey) {
  if (publicKey.thumbprint !== record.kid) {
    const message = `expected key ${record.kid}, got ${publicKey.thumbprint}`;
    throw new BadSignatureError(message, "header.kid");
  }
  if (publicKey.alg !== record.alg) {
    throw new BadSignatureError(`expected ${publicKey.alg}, got ${record.alg}`, "header.alg");
  }
  await publicKey.verify(record.signature, record.signingInput);
}

// --- typed values -------------------------------------------------------------------------

/** @param {Record} record @returns {import("./record_values.js").Deposit} */
export function depositOf(record) {
  expectType(record, "deposit");
  const shown = new Map(record.parts.map((part) => [part.name ?? part.digest, part.value]));
  return readDeposit(record.claims, shown);
}

/** @param {Record} record @returns {import("./record_values.js").Fixity} */
export function fixityOf(record) {
  expectType(record, "fixity");
  return readFixity(record.claims);
}

/** @param {Record} record @returns {import("./record_values.js").KeyBinding} */
export function keyBindingOf(record) {
  expectType(record, "key");
  return readKeyBinding(record.payload, record.key);
}

/** @param {Record} record @returns {import("./record_values.js").Beacon} */
export function beaconOf(record) {
  expectType(record, "beacon");
  return readBeacon(record.claims);
}

/** @param {Record} record @returns {import("./record_values.js").Revocation} */
export function revocationOf(record) {
  expectType(record, "revocation");
  return readRevocation(record.claims, record.kid);
}

function expectType(record, expected) {
  if (record.type !== expected) {
    const message = `expected ${expected}+sd-jwt, got ${record.type}+sd-jwt`;
    throw new MalformedError(message, "header.typ");
  }
}
