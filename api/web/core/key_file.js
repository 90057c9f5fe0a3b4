/**
 * Signing keys: made here, kept in a file under a passphrase that the CLI reads too, and used
 * where nothing can take them out again. The file is that of `provenance/files/key_file.py`, a
 * private JWK in a compact JWE (RFC 7516, RFC 7517 §7, RFC 7518):
 *
 *     header . wrapped key . iv . ciphertext . tag        each BASE64URL, joined by dots
 *
 *     header  {"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2c":600000,"p2s":"<salt>",
 *              "cty":"jwk+json"}
 *     KEK     PBKDF2-HMAC-SHA-512(passphrase, UTF-8(alg) ‖ 00 ‖ salt, p2c), 32 bytes
 *     key     32 random bytes, wrapped by the KEK (RFC 3394)
 *     text    the JWK under AES-256-GCM, the header as it is written being authenticated too
 *
 * @typedef {{crv: string, kty: string, x: string, y?: string}} PublicJwk in the order of RFC 7638
 * @typedef {PublicJwk & {d: string}} PrivateJwk whoever reads it can sign
 *
 * @typedef {object} Signer signs; the private part cannot be taken out of it
 * @property {"Ed25519" | "ES256"} alg
 * @property {PublicJwk} jwk
 * @property {string} kid thumbprint, base64url
 * @property {CryptoKey} privateKey not extractable
 * @property {(octets: Uint8Array) => Promise<Uint8Array>} sign gives 64 bytes; of ES256 with low s
 */

import { concat, utf8 } from "./bytes.js";
import { fromB64url, toB64url } from "./digests.js";
import {
  MalformedError,
  TooLargeError,
  UnavailableError,
  UnsupportedVersionError,
  WrongPassphraseError,
} from "./errors.js";
import { PublicKey, toLowS } from "./keys.js";
import { ascii } from "./show.js";
import { dump, Members, parse } from "./strict_json.js";

const ALG = "PBES2-HS512+A256KW";
const ENC = "A256GCM";

/** Rounds of a new file: some 0.3 s of one core for each guess. */
const ROUNDS = 600_000;

/** Rounds of a file that is read: what RFC 7518 §4.8.1.2 asks for, and about a second. */
const [MIN_ROUNDS, MAX_ROUNDS] = [1_000, 2_000_000];

/** Bytes of a key file; one of ours has some 500. */
const MAX_BYTES = 4_096;

const SALT_BYTES = 16;
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const NATIVE = { Ed25519: { name: "Ed25519" }, ES256: { name: "ECDSA", namedCurve: "P-256" } };
const SCHEME = { Ed25519: { name: "Ed25519" }, ES256: { name: "ECDSA", hash: "SHA-256" } };

// --- making and using ---------------------------------------------------------------------

/**
 * Make a key; seal it into a file and forget it at once.
 *
 * @param {"Ed25519" | "ES256"} [alg]
 * @returns {Promise<PrivateJwk>}
 * @throws {UnavailableError} this browser cannot sign with the algorithm
 */
export async function createKey(alg = "Ed25519") {
  let made;
  try {
    const pair = await crypto.subtle.generateKey(NATIVE[alg], true, ["sign", "verify"]);
    made = await crypto.subtle.exportKey("jwk", pair.privateKey);
  } catch (error) {
    throw new UnavailableError(`${alg} is not to be had here: ${error.message}`);
  }
  return { ...publicPart(made), d: made.d };
}

/**
 * @param {PrivateJwk | PublicJwk} jwk
 * @returns {string} the key's SHA-256 thumbprint, base64url (RFC 7638)
 */
function thumbprintOf(jwk) {
  return PublicKey.fromJwk(publicPart(jwk)).thumbprint;
}

/**
 * @param {PrivateJwk} jwk
 * @returns {Promise<Signer>}
 * @throws {MalformedError} not a key of ours, or `d` does not belong to the rest
 * @throws {UnavailableError} this browser cannot sign with the algorithm
 */
export async function signerOf(jwk) {
  const known = PublicKey.fromJwk(publicPart(jwk));
  const native = { ...known.jwk(), d: jwk.d };
  let privateKey;
  try {
    privateKey = await crypto.subtle.importKey("jwk", native, NATIVE[known.alg], false, ["sign"]);
  } catch (error) {
    if (error.name === "DataError") throw notItsPart();
    throw new UnavailableError(`${known.alg} is not to be had here: ${error.message}`);
  }
  const signer = signerFromKept({ alg: known.alg, jwk: known.jwk(), privateKey });
  // not every browser looks whether the two parts belong together
  const probe = utf8("provenance key");
  try {
    await known.verify(await signer.sign(probe), probe);
  } catch (error) {
    throw error instanceof UnavailableError ? error : notItsPart();
  }
  return signer;
}

/**
 * Make a signer of what IndexedDB keeps of one (see `keptOf`).
 *
 * @param {{alg: "Ed25519" | "ES256", jwk: PublicJwk, privateKey: CryptoKey}} kept
 * @returns {Signer}
 */
export function signerFromKept({ alg, jwk, privateKey }) {
  return {
    alg,
    jwk,
    kid: thumbprintOf(jwk),
    privateKey,
    async sign(octets) {
      const made = await crypto.subtle.sign(SCHEME[alg], privateKey, octets);
      const signature = new Uint8Array(made);
      return alg === "ES256" ? toLowS(signature) : signature;
    },
  };
}

/**
 * @param {Signer} signer
 * @returns {{alg: string, jwk: PublicJwk, privateKey: CryptoKey}} what IndexedDB can keep of it
 */
export function keptOf({ alg, jwk, privateKey }) {
  return { alg, jwk, privateKey };
}

function publicPart({ crv, kty, x, y }) {
  return y === undefined ? { crv, kty, x } : { crv, kty, x, y };
}

function notItsPart() {
  return new MalformedError("expected the private part of this key", "d");
}

// --- the file -----------------------------------------------------------------------------

/**
 * @param {PrivateJwk} jwk
 * @param {string} passphrase
 * @returns {Promise<string>} the key file, one line without a line end
 * @throws {WrongPassphraseError} the passphrase is empty
 */
export async function sealKeyFile(jwk, passphrase) {
  const [salt, contentKey, iv] = [SALT_BYTES, KEY_BYTES, IV_BYTES].map((length) =>
    crypto.getRandomValues(new Uint8Array(length)),
  );
  const header = { alg: ALG, enc: ENC, p2c: ROUNDS, p2s: toB64url(salt), cty: "jwk+json" };
  const protectedHeader = toB64url(dump(header));
  const kek = await derive(passphrase, salt, ROUNDS, "wrapKey");
  const key = await crypto.subtle.importKey("raw", contentKey, "AES-GCM", true, ["encrypt"]);
  const wrapped = new Uint8Array(await crypto.subtle.wrapKey("raw", key, kek, "AES-KW"));
  const content = dump({ ...publicPart(jwk), d: jwk.d });
  const sealed = new Uint8Array(
    await crypto.subtle.encrypt(gcm(iv, protectedHeader), key, content),
  );
  const parts = [wrapped, iv, sealed.subarray(0, -TAG_BYTES), sealed.subarray(-TAG_BYTES)];
  return [protectedHeader, ...parts.map(toB64url)].join(".");
}

/**
 * @param {string} text the key file; white space around it is allowed
 * @param {string} passphrase
 * @returns {Promise<PrivateJwk>}
 * @throws {MalformedError} not a compact JWE, or what it holds is no private JWK of ours
 * @throws {UnsupportedVersionError} another algorithm, or a member that is not known here
 * @throws {TooLargeError} more bytes, or more rounds of PBKDF2, than any key file of ours has
 * @throws {WrongPassphraseError} the passphrase is another one, or the file was changed
 */
export async function openKeyFile(text, passphrase) {
  const { length } = utf8(text);
  if (length > MAX_BYTES) throw new TooLargeError({ limit: MAX_BYTES, length, unit: "bytes" });
  const parts = text.trim().split(".");
  if (parts.length !== 5) {
    throw new MalformedError(`expected a compact JWE of 5 parts, got ${parts.length}`);
  }
  const [salt, rounds] = parseHeader(fromB64url(parts[0], { field: "protected" }));
  const wrapped = fromB64url(parts[1], { length: KEY_BYTES + 8, field: "encrypted_key" });
  const iv = fromB64url(parts[2], { length: IV_BYTES, field: "iv" });
  const ciphertext = fromB64url(parts[3], { field: "ciphertext" });
  const tag = fromB64url(parts[4], { length: TAG_BYTES, field: "tag" });
  const kek = await derive(passphrase, salt, rounds, "unwrapKey");
  let content;
  try {
    const usages = ["decrypt"];
    const key = await crypto.subtle.unwrapKey(
      "raw",
      wrapped,
      kek,
      "AES-KW",
      "AES-GCM",
      false,
      usages,
    );
    content = await crypto.subtle.decrypt(gcm(iv, parts[0]), key, concat(ciphertext, tag));
  } catch (error) {
    if (error.name !== "OperationError") throw error;
    throw new WrongPassphraseError("another passphrase, or the file was changed");
  }
  return readPrivate(parse(new Uint8Array(content), { maxBytes: MAX_BYTES, maxDepth: 2 }));
}

/** Read the private JWK, and see that both its parts are of one key. */
async function readPrivate(value) {
  const members = new Members(value);
  const { d, ...rest } = { ...value };
  fromB64url(members.text("d", { maxLength: 60 }), { length: 32, field: "d" });
  const jwk = { ...PublicKey.fromJwk(rest).jwk(), d };
  await signerOf(jwk);
  return jwk;
}

/** Return salt and rounds. */
function parseHeader(octets) {
  const members = new Members(parse(octets, { maxBytes: MAX_BYTES, maxDepth: 4 }));
  for (const [name, expected] of [
    ["alg", ALG],
    ["enc", ENC],
  ]) {
    const value = members.text(name);
    if (value !== expected) {
      throw new UnsupportedVersionError(`expected ${expected}, got ${ascii(value, 80)}`, name);
    }
  }
  const rounds = members.integer("p2c", { low: MIN_ROUNDS });
  if (rounds > MAX_ROUNDS) {
    throw new TooLargeError({ limit: MAX_ROUNDS, length: rounds, unit: "rounds", field: "p2c" });
  }
  const salt = fromB64url(members.text("p2s"), { field: "p2s" });
  if (salt.length < 8 || salt.length > 64) {
    throw new MalformedError(`expected 8 to 64 bytes, got ${salt.length}`, "p2s");
  }
  for (const name of ["cty", "typ", "kid"]) members.optionalText(name); // they decide nothing here
  members.done();
  return [salt, rounds];
}

function gcm(iv, protectedHeader) {
  return { name: "AES-GCM", iv, additionalData: utf8(protectedHeader) };
}

/** Return the key that wraps the content key (RFC 7518 §4.8.1). */
async function derive(passphrase, salt, iterations, usage) {
  // two keyboards may compose one letter differently (RFC 8265 §4.2.1, OpaqueString)
  const octets = utf8(passphrase.normalize("NFC"));
  if (octets.length === 0) {
    throw new WrongPassphraseError("expected a passphrase, got an empty one");
  }
  const secret = await crypto.subtle.importKey("raw", octets, "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-512", salt: concat(utf8(`${ALG}\0`), salt), iterations };
  const made = { name: "AES-KW", length: 256 };
  return crypto.subtle.deriveKey(how, secret, made, false, [usage]);
}
