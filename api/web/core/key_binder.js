/**
 * An institution's word for somebody's key: the compact JWS that a `key` record carries; mirrors
 * `provenance/key_binder.py`.
 *
 *     header    {"alg":"Ed25519","kid":"<thumbprint of the binder's key>","typ":"key-binding+jwt"}
 *     payload   {"aud":"<origin>","iat":<seconds>,"v":1,"key":"<thumbprint of the key bound>",
 *                "_sd":["<digest>",...],"may_bind":true}
 *
 * `_sd` lists the disclosures of the `key` record that the binder vouches for. Whether the binder
 * may speak for an institution is for `identity.js` to say, which knows the reader's policy.
 */

import { fromB64url } from "./digests.js";
import { BadSignatureError, MalformedError } from "./errors.js";
import { ALGORITHMS, SIGNATURE_LENGTH } from "./keys.js";
import { parseJws } from "./sdjwt.js";
import { repr } from "./show.js";
import { Members, parse } from "./strict_json.js";
import { isAscii } from "./text.js";

const BINDING = "key-binding+jwt";
const VERSION = 1;

/** Characters; one that vouches for name, ORCID iD and ROR has some 600. */
const MAX_BINDER = 4_096;

const MAX_ORIGIN = 255;
const MAX_DIGESTS = 16;

/** A parsed binding; its signature is not checked yet. */
export class Binder {
  /** @param {object} members what `parseBinder` read */
  constructor(members) {
    Object.assign(this, members);
    Object.freeze(this);
  }

  /**
   * Check that `publicKey` is the binder's and made the signature.
   *
   * @param {import("./keys.js").PublicKey} publicKey
   * @throws {BadSignatureError} another key, another algorithm, or not its signature
   */
  async verify(publicKey) {
    if (this.kid !== publicKey.thumbprint || this.alg !== publicKey.alg) {
      const message = `expected key ${this.kid}, got ${publicKey.thumbprint}`;
      throw new BadSignatureError(message, "binder");
    }
    try {
      await publicKey.verify(this.signature, this.signingInput);
    } catch (error) {
      if (error instanceof BadSignatureError) throw new BadSignatureError(error.message, "binder");
      throw error;
    }
  }
}

/**
 * Read a compact JWS of exactly these members.
 *
 * @param {string} text
 * @param {string} [field] where it stands
 * @returns {Binder} with `text`, `kid`, `alg`, `aud`, `iat` (the binder's own clock: claimed),
 *   `key`, `digests`, `mayBind`, `signingInput`, `signature`
 * @throws {MalformedError} not such a binding
 */
export function parseBinder(text, field = "binder") {
  try {
    return parseIt(text);
  } catch (error) {
    if (error instanceof MalformedError) throw new MalformedError(error.message, field);
    throw error;
  }
}

function parseIt(text) {
  if (text.length > MAX_BINDER || !isAscii(text)) {
    throw new MalformedError(`expected a compact JWS of at most ${MAX_BINDER} characters`);
  }
  const jws = parseJws(text, (octets) => parse(octets, { maxBytes: MAX_BINDER, maxDepth: 2 }));
  const header = new Members(jws.header, "header");
  header.literal("typ", BINDING);
  const alg = header.text("alg", { maxLength: 16 });
  if (!ALGORITHMS.includes(alg)) {
    throw new MalformedError(`expected Ed25519 or ES256, got ${repr(alg)}`, "header.alg");
  }
  const payload = new Members(jws.payload);
  if (payload.integer("v") !== VERSION) throw new MalformedError(`expected ${VERSION}`, "v");
  if (jws.signature.length !== SIGNATURE_LENGTH) {
    throw new MalformedError(`expected ${SIGNATURE_LENGTH} bytes`, "signature");
  }
  const binder = new Binder({
    text,
    kid: readThumbprint(header, "kid"),
    alg,
    aud: payload.text("aud", { maxLength: MAX_ORIGIN }),
    iat: payload.integer("iat"),
    key: readThumbprint(payload, "key"),
    digests: readDigests(payload),
    mayBind: readMayBind(payload),
    signingInput: jws.signingInput,
    signature: jws.signature,
  });
  header.done();
  payload.done();
  if (binder.kid === binder.key) {
    throw new MalformedError("expected another key than the one that signs", "key");
  }
  return binder;
}

function readThumbprint(members, name) {
  const text = members.text(name, { maxLength: 43 });
  fromB64url(text, { length: 32, field: members.path(name) });
  return text;
}

function readDigests(members) {
  const digests = members.texts("_sd", { maxLength: 43, maxItems: MAX_DIGESTS });
  digests.forEach((digest, number) => {
    fromB64url(digest, { length: 32, field: `_sd[${number}]` });
  });
  if (new Set(digests).size !== digests.length) {
    throw new MalformedError("expected each digest once", "_sd");
  }
  return digests;
}

function readMayBind(members) {
  if (!members.has("may_bind")) return false;
  if (!members.boolean("may_bind")) {
    throw new MalformedError("expected true, or no such member", "may_bind");
  }
  return true;
}
