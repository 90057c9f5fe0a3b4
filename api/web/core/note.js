/**
 * Signed notes: a text and the signatures over it (c2sp.org/signed-note v1.0.0); mirrors
 * `provenance/note.py`.
 *
 *     example.com/log/testdata                          the text, which ends with a line feed
 *     3
 *     Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=
 *                                                       a blank line, the last of the note
 *     — example.com/log/testdata M9e0lvAQRtH8...        U+2014, name, base64(key id ‖ signature)
 *
 *     vkey  example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx
 *           name + key id, hex + base64(type ‖ public key)
 *
 * Two types of signature are known: 01 signs the text itself, 04 is a witness's cosignature with a
 * time (c2sp.org/tlog-cosignature). Lines of other keys and types are carried along unread.
 */

import { concat, cut, equal, simplest, toHex, toInteger, utf8 } from "./bytes.js";
import { fromB64, fromHex, sha256, toB64 } from "./digests.js";
import { BadSignatureError, MalformedError, TooLargeError } from "./errors.js";
import { PublicKey, SIGNATURE_LENGTH } from "./keys.js";
import { ascii } from "./show.js";
import { isSpace } from "./text.js";

/** Type byte: Ed25519 over the text. */
export const ED25519 = 0x01;
/** Type byte: Ed25519 over a time and the text, by a witness. */
export const COSIGNATURE_V1 = 0x04;

/** Length of a whole note, the limit of the Go implementation that the public logs run. */
const MAX_NOTE_BYTES = 1_000_000;
/** Signature lines of a note, the same implementation's limit. */
const MAX_SIGNATURES = 100;
/** Latest time of a cosignature, POSIX seconds (c2sp.org/tlog-cosignature). */
const MAX_TIMESTAMP = 2n ** 63n - 1n;

const CONTROL = /[\x00-\x09\x0b-\x1f]/;
const ANY_CONTROL = /[\x00-\x1f\x7f-\x9f]/;
const LINE = /^\u2014 ([^ ]+) ([^ ]+)$/;
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/**
 * One signature line.
 *
 * @typedef {object} Signature
 * @property {string} name
 * @property {Uint8Array} keyId 4 bytes
 * @property {Uint8Array} octets what the type makes of it: 64 bytes of type 01, 8 bytes of time
 *   and 64 of type 04
 */

/** A public key under a name, which is what a vkey says. */
export class NoteVerifier {
  #keyId = null;

  /**
   * @param {string} name
   * @param {PublicKey} key
   * @param {number} [type]
   * @throws {MalformedError} a name that no line can carry, another algorithm, an unknown type
   */
  constructor(name, key, type = ED25519) {
    checkName(name);
    if (type !== ED25519 && type !== COSIGNATURE_V1) {
      throw new MalformedError(`expected signature type 1 or 4, got ${type}`, "vkey");
    }
    if (key.alg !== "Ed25519") {
      throw new MalformedError(`expected an Ed25519 key, got ${key.alg}`, "vkey");
    }
    this.name = name;
    this.key = key;
    this.type = type;
  }

  /** @returns {Uint8Array} first 4 bytes of SHA-256(name ‖ line feed ‖ type ‖ public key) */
  get keyId() {
    const named = concat(utf8(`${this.name}\n`), Uint8Array.of(this.type), this.key.raw);
    this.#keyId ??= sha256(named).subarray(0, 4);
    return this.#keyId;
  }

  /**
   * Read a vkey.
   *
   * @param {string} text
   * @returns {NoteVerifier}
   * @throws {MalformedError} not of this form, a type that is not known here, a key that is not a
   *   good one, or a key id that is not the key's
   */
  static fromVkey(text) {
    const [name, id, ...rest] = text.split("+"); // base64 has plus signs of its own
    if (rest.length === 0) {
      throw new MalformedError(`expected name+id+key, got ${ascii(cut(text, 80))}`, "vkey");
    }
    const keyId = fromHex(id, { length: 4, field: "vkey" });
    const octets = fromB64(rest.join("+"), { field: "vkey" });
    if (octets.length !== 33) {
      const message = `expected 33 bytes of type and key, got ${octets.length}`;
      throw new MalformedError(message, "vkey");
    }
    const key = new PublicKey("Ed25519", octets.subarray(1));
    const verifier = new NoteVerifier(name, key, octets[0]);
    if (!equal(verifier.keyId, keyId)) {
      const message = `expected key id ${toHex(verifier.keyId)}, got ${toHex(keyId)}`;
      throw new MalformedError(message, "vkey");
    }
    return verifier;
  }

  /** @returns {string} the vkey */
  toVkey() {
    const octets = concat(Uint8Array.of(this.type), this.key.raw);
    return `${this.name}+${toHex(this.keyId)}+${toB64(octets)}`;
  }

  /** @param {Signature} signature @returns {boolean} whether it claims to be this key's */
  made(signature) {
    return signature.name === this.name && equal(signature.keyId, this.keyId);
  }

  /**
   * Check one line over `text`.
   *
   * @param {string} text
   * @param {Signature} signature
   * @returns {Promise<number | bigint | null>} a cosignature's time (POSIX seconds), else null
   * @throws {BadSignatureError} not a signature of this key and type over this text
   */
  async verify(text, signature) {
    const { octets } = signature;
    if (this.type === ED25519) {
      await this.key.verify(octets, utf8(text));
      return null;
    }
    if (octets.length !== 8 + SIGNATURE_LENGTH) {
      throw new BadSignatureError(`expected 72 bytes of cosignature, got ${octets.length}`);
    }
    const timestamp = toInteger(octets.subarray(0, 8));
    if (timestamp > MAX_TIMESTAMP) {
      throw new BadSignatureError("the time of the cosignature is out of range");
    }
    await this.key.verify(octets.subarray(8), utf8(`cosignature/v1\ntime ${timestamp}\n${text}`));
    return simplest(timestamp);
  }
}

/** A text and the signature lines under it, in their order; nothing is verified yet. */
export class Note {
  /**
   * @param {string} text
   * @param {Signature[]} signatures
   */
  constructor(text, signatures) {
    this.text = text;
    this.signatures = signatures;
  }

  /**
   * Read a note; what is signed is kept to the byte.
   *
   * @param {string} text
   * @returns {Note}
   * @throws {MalformedError} no blank line, no signature, a control character other than the line
   *   feed, a line that is not a signature's, base64 in another than its only form
   * @throws {TooLargeError} above `MAX_NOTE_BYTES` or `MAX_SIGNATURES`
   */
  static parse(text) {
    checkText(text);
    const blank = text.lastIndexOf("\n\n");
    const lines = text.slice(blank + 2);
    if (blank === -1 || !lines.endsWith("\n")) {
      throw new MalformedError("expected a text, a blank line and signature lines", "note");
    }
    const rows = lines.slice(0, -1).split("\n");
    if (rows.length > MAX_SIGNATURES) {
      const length = rows.length;
      throw new TooLargeError({ limit: MAX_SIGNATURES, length, unit: "signatures", field: "note" });
    }
    return new Note(`${text.slice(0, blank)}\n`, rows.map(parseLine));
  }

  /**
   * Return the names of the known keys that signed, in the order of their lines.
   *
   * Every line of a known key must verify; lines of unknown keys are ignored, since anybody may
   * add one.
   *
   * @param {NoteVerifier[]} verifiers
   * @returns {Promise<string[]>}
   * @throws {BadSignatureError} a known key's line does not verify, or no known key signed
   */
  async verifiedBy(verifiers) {
    const names = new Set();
    for (const signature of this.signatures) {
      for (const verifier of verifiers.filter((one) => one.made(signature))) {
        await verifier.verify(this.text, signature);
        names.add(verifier.name);
      }
    }
    if (names.size === 0) throw new BadSignatureError("no signature of a known key", "note");
    return [...names];
  }
}

function checkName(name) {
  const isBad = name.includes("+") || ANY_CONTROL.test(name) || isSpace(name);
  if (name === "" || isBad) {
    const message = `expected a name without spaces and +, got ${ascii(cut(name, 80))}`;
    throw new MalformedError(message, "vkey");
  }
  checkEncodable(name);
}

function checkText(text) {
  checkEncodable(text);
  const { length } = utf8(text);
  if (length > MAX_NOTE_BYTES) {
    throw new TooLargeError({ limit: MAX_NOTE_BYTES, length, unit: "bytes", field: "note" });
  }
  const found = CONTROL.exec(text);
  if (found !== null) {
    const point = found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    throw new MalformedError(`expected no control character, got U+${point}`, "note");
  }
}

function checkEncodable(text) {
  if (LONE_SURROGATE.test(text)) {
    throw new MalformedError("expected text without lone surrogates", "note");
  }
}

function parseLine(line) {
  const found = LINE.exec(line);
  if (found === null) {
    throw new MalformedError(`expected a signature line, got ${ascii(cut(line, 80))}`, "note");
  }
  const [, name, value] = found;
  checkName(name);
  const octets = fromB64(value, { field: "note" });
  if (octets.length < 5) {
    throw new MalformedError(`expected a key id and a signature, got ${toHex(octets)}`, "note");
  }
  return { name, keyId: octets.subarray(0, 4), octets: octets.subarray(4) };
}
