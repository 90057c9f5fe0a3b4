/**
 * Verify with Ed25519 and ES256, strictly; JWKs and their thumbprints; mirrors
 * `provenance/keys.py`.
 *
 *     alg      raw public key      JWK (RFC 8037, RFC 7518 §6.2)     signature, 64 bytes
 *     Ed25519  32, RFC 8032        OKP / Ed25519 / x                 R ‖ S
 *     ES256    64, x ‖ y           EC / P-256 / x / y                r ‖ s, s at most n/2
 *
 * The algorithm belongs to the key and is never taken from a message. The browser's own
 * implementation does the arithmetic; what it leaves open is closed here, so that one message has
 * one valid signature form and no key fits them all: Ed25519 keys of small order or in a second
 * encoding, S not below the order, R of small order; ES256 with high s.
 */

import { concat, toInteger } from "./bytes.js";
import { fromB64url, sha256, toB64url } from "./digests.js";
import { BadSignatureError, MalformedError, UnavailableError } from "./errors.js";
import { repr } from "./show.js";
import { dump, Members } from "./strict_json.js";

/** The closed list (RFC 9864 names; `EdDSA` is refused as it does not name a curve). */
export const ALGORITHMS = Object.freeze(["Ed25519", "ES256"]);

/** Bytes of a signature of either algorithm. */
export const SIGNATURE_LENGTH = 64;

const RAW_LENGTH = { Ed25519: 32, ES256: 64 };

// edwards25519 (RFC 8032 §5.1)
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const SIGN_BIT = 1n << 255n;
// P-256 (SEC 2 §2.4.2): its field, the order of its group, and b of y² = x³ - 3x + b
const Q = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** A public key that has been checked to be a good one. */
export class PublicKey {
  #thumbprint = null;
  #native = null;

  /**
   * @param {"Ed25519" | "ES256"} alg
   * @param {Uint8Array} raw Ed25519: the 32 bytes of RFC 8032; ES256: x ‖ y, 64 bytes big-endian
   * @throws {MalformedError} an algorithm not in `ALGORITHMS`, another length, not a point of the
   *   curve in its one canonical form, or a point of small order
   */
  constructor(alg, raw) {
    if (!ALGORITHMS.includes(alg)) {
      const message = `expected one of ('Ed25519', 'ES256'), got ${repr(alg, 80)}`;
      throw new MalformedError(message, "alg");
    }
    if (raw.length !== RAW_LENGTH[alg]) {
      throw new MalformedError(`expected ${RAW_LENGTH[alg]} bytes, got ${raw.length}`);
    }
    if (alg === "Ed25519") checkEd25519Point(raw);
    else checkP256Point(raw);
    this.alg = alg;
    this.raw = raw;
  }

  /**
   * Read a JWK of exactly the required members (RFC 7638 §3.2, RFC 8037 §2).
   *
   * @param {unknown} jwk
   * @param {string | null} [field]
   * @returns {PublicKey}
   * @throws {MalformedError} another key type, a member more or less, or not a good key
   */
  static fromJwk(jwk, field = null) {
    const members = new Members(jwk, field);
    const kty = members.text("kty", { maxLength: 20 });
    if (kty !== "OKP" && kty !== "EC") {
      throw new MalformedError(`expected OKP or EC, got ${repr(kty)}`, members.path("kty"));
    }
    members.literal("crv", kty === "OKP" ? "Ed25519" : "P-256");
    const names = kty === "OKP" ? ["x"] : ["x", "y"];
    const raw = concat(...names.map((name) => readOctets(members, name)));
    const key = makeKey(kty === "OKP" ? "Ed25519" : "ES256", raw, members.path("x"));
    members.done();
    return key;
  }

  /** @returns {object} the JWK with the required members in the order of RFC 7638 */
  jwk() {
    if (this.alg === "Ed25519") return { crv: "Ed25519", kty: "OKP", x: toB64url(this.raw) };
    const [x, y] = [this.raw.subarray(0, 32), this.raw.subarray(32)];
    return { crv: "P-256", kty: "EC", x: toB64url(x), y: toB64url(y) };
  }

  /** @returns {string} SHA-256 thumbprint of the JWK, base64url: our `kid` (RFC 7638) */
  get thumbprint() {
    this.#thumbprint ??= toB64url(sha256(dump(this.jwk())));
    return this.#thumbprint;
  }

  /**
   * Check that this key signed `message`, and that the signature is in its only form.
   *
   * @param {Uint8Array} signature
   * @param {Uint8Array} message
   * @throws {BadSignatureError} it did not, or the form is another one
   * @throws {UnavailableError} this browser cannot verify with the algorithm
   */
  async verify(signature, message) {
    if (signature.length !== SIGNATURE_LENGTH) {
      const found = `expected ${SIGNATURE_LENGTH} bytes, got ${signature.length}`;
      throw new BadSignatureError(found);
    }
    checkForm(this.alg, signature);
    this.#native ??= importKey(this.jwk());
    const how = this.alg === "Ed25519" ? "Ed25519" : { name: "ECDSA", hash: "SHA-256" };
    if (!(await crypto.subtle.verify(how, await this.#native, signature, message))) {
      throw new BadSignatureError(`the ${this.alg} signature does not match`);
    }
  }
}

function makeKey(alg, raw, field) {
  try {
    return new PublicKey(alg, raw);
  } catch (error) {
    if (error instanceof MalformedError) throw new MalformedError(error.message, field);
    throw error;
  }
}

async function importKey(jwk) {
  const how = jwk.kty === "OKP" ? "Ed25519" : { name: "ECDSA", namedCurve: "P-256" };
  try {
    return await crypto.subtle.importKey("jwk", jwk, how, false, ["verify"]);
  } catch (error) {
    // the key is a good point: whoever does not take it knows the algorithm not
    const name = jwk.kty === "OKP" ? "Ed25519" : "ECDSA over P-256";
    throw new UnavailableError(`${name} is not to be had here: ${error.message}`);
  }
}

/**
 * Return the form of an ES256 signature (r ‖ s, 64 bytes) that has s at most n/2; WebCrypto may
 * have made the other one, which verifies elsewhere, but not here.
 *
 * @param {Uint8Array} signature
 * @returns {Uint8Array}
 */
export function toLowS(signature) {
  const s = toInteger(signature.subarray(32));
  if (!(s > N / 2n && s < N)) return signature;
  const low = (N - s).toString(16).padStart(64, "0");
  return concat(
    signature.subarray(0, 32),
    Uint8Array.from({ length: 32 }, (_, at) => parseInt(low.slice(2 * at, 2 * at + 2), 16)),
  );
}

// --- the two algorithms -------------------------------------------------------------------

function readOctets(members, name) {
  const text = members.text(name, { maxLength: 60 });
  return fromB64url(text, { length: 32, field: members.path(name) });
}

function checkForm(alg, signature) {
  const [first, second] = [signature.subarray(0, 32), signature.subarray(32)];
  if (alg === "Ed25519") {
    if (littleEndian(second) >= L) throw new BadSignatureError("S is not below the group order");
    if (isWeakEncoding(first)) {
      throw new BadSignatureError("R is of small order or not in canonical form");
    }
    return;
  }
  const [r, s] = [toInteger(first), toInteger(second)];
  if (!(r > 0n && r < N && s > 0n && s <= N / 2n)) {
    const message = "r or s is out of range; s must be at most half the group order";
    throw new BadSignatureError(message);
  }
}

function checkP256Point(raw) {
  const [x, y] = [toInteger(raw.subarray(0, 32)), toInteger(raw.subarray(32))];
  if (x >= Q || y >= Q) throw new MalformedError("expected coordinates below the field's prime");
  if ((y * y - (x * x * x - 3n * x + B)) % Q !== 0n) {
    throw new MalformedError("expected a point of P-256");
  }
}

function checkEd25519Point(encoded) {
  if (isWeakEncoding(encoded)) {
    throw new MalformedError("expected a key in canonical form and not of small order");
  }
  // x² = (y² - 1) / (d y² + 1) must be a square, that is u v with u = y² - 1 and v = d y² + 1: the
  // quotient differs from the product by v², a square. Neither is 0: see isWeakEncoding.
  const y = littleEndian(encoded) & (SIGN_BIT - 1n);
  const square = ((y * y - 1n) * (D * y * y + 1n)) % P;
  if (power(square, (P - 1n) / 2n) !== 1n) {
    throw new MalformedError("expected a point of edwards25519");
  }
}

/**
 * Tell whether an encoded point has y of p or more, or is one of the eight of small order.
 *
 * Order 1, 2 and 4 have y = 1, -1 and 0. A point has order 8 when its double has y = 0, which is
 * x² + y² = 0; put into the equation of the curve this gives d y⁴ + 2 y² - 1 = 0.
 */
function isWeakEncoding(encoded) {
  const y = littleEndian(encoded) & (SIGN_BIT - 1n);
  const squared = (y * y) % P;
  const isOfEight = (D * squared * squared + 2n * squared - 1n) % P === 0n;
  return y >= P || squared < 2n || isOfEight;
}

function littleEndian(octets) {
  return toInteger(octets.toReversed());
}

function power(base, exponent) {
  let result = 1n;
  let square = base % P;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}
