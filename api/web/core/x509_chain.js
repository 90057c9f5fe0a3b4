/**
 * The X.509 certificate that vouches for an institution's key in a policy (RFC 5280); mirrors
 * `provenance/x509_chain.py`.
 *
 * A policy may hold, beside the key, a chain in PEM: the key's own certificate first, then those of
 * its issuers. That its public key is the policy's is checked when the policy is read; what it says
 * is shown, and believed by nobody, unless the reader names CA certificates of his own. Then each
 * certificate has to be signed by the next one, a CA, and the last by one of the reader's; whether
 * one was withdrawn is not asked, and validity is shown, not compared with a clock.
 */

import { equal, latin1, toHex } from "./bytes.js";
import {
  BOOLEAN,
  DerError,
  OCTET_STRING,
  SEQUENCE,
  expectTag,
  readBits,
  readElement,
  readElements,
  readObjectIdentifier,
} from "./der.js";
import { fromB64 } from "./digests.js";
import { MalformedError, VerificationError } from "./errors.js";
import { PublicKey } from "./keys.js";
import { ascii } from "./show.js";
import { isAscii } from "./text.js";
import { isSignedBy } from "./x509_signature.js";

/** Characters; a chain of four P-256 certificates has some 4,000. */
export const MAX_PEM = 65_536;

const MAX_CERTIFICATES = 16;
const PEM =
  /-----BEGIN (?:X509 |)CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END (?:X509 |)CERTIFICATE-----/g;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const BASIC_CONSTRAINTS = "2.5.29.19";

// How RFC 4514 abbreviates the parts of a name.
const ABBREVIATIONS = {
  "2.5.4.3": "CN",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.6": "C",
  "2.5.4.9": "STREET",
  "0.9.2342.19200300.100.1.25": "DC",
  "0.9.2342.19200300.100.1.1": "UID",
};

/**
 * What a certificate says of a key; nobody has to believe it.
 *
 * @typedef {object} Certificate
 * @property {string} subject as RFC 4514 writes it; so is `issuer`
 * @property {string} issuer
 * @property {string} notBefore as `2026-01-01`
 * @property {string} notAfter
 */

/**
 * Read a chain in PEM and return what its first certificate says, in one line of people's words
 * that need no translation.
 *
 * @param {string} pem
 * @param {PublicKey | null} [key] which has to be the first certificate's
 * @param {string} [field]
 * @returns {string}
 * @throws {MalformedError} not certificates, too many of them, or another key
 */
export function readChain(pem, key = null, field = "certificate") {
  const [first] = load(pem, field);
  if (key !== null && !isOf(first, key, field)) {
    const message = `expected a certificate of the key ${key.thumbprint}`;
    throw new MalformedError(message, field);
  }
  const { subject, issuer, notBefore, notAfter } = first;
  return `${nameText(subject)} (${nameText(issuer)}; ${notBefore}/${notAfter})`;
}

/**
 * Check that a chain ends in one of the reader's CA certificates; return that one's subject.
 *
 * @param {string} pem
 * @param {string} authorities CA certificates in PEM
 * @param {string} [field]
 * @returns {Promise<string>}
 * @throws {MalformedError} not certificates
 * @throws {VerificationError} a link is missing, or signed by another key, or its issuer is no CA
 */
export async function checkIssued(pem, authorities, field = "certificate") {
  const chain = load(pem, field);
  const trusted = load(authorities, "ca");
  const isTrusted = (one) => trusted.some((other) => equal(one.whole, other.whole));
  for (let at = 0; at + 1 < chain.length && !isTrusted(chain[at]); at += 1) {
    await checkLink(chain[at], chain[at + 1], field);
  }
  const met = chain.find(isTrusted);
  if (met !== undefined) return nameText(met.subject);
  const last = chain.at(-1);
  const authority = trusted.find((one) => equal(one.subject, last.issuer));
  if (authority === undefined) {
    const name = ascii(nameText(last.issuer), 200);
    throw new VerificationError(`expected the CA ${name}, which was not given`, field);
  }
  await checkLink(last, authority, field);
  return nameText(authority.subject);
}

async function checkLink(certificate, issuer, field) {
  const name = ascii(nameText(certificate.subject), 200);
  if (!isAuthority(issuer)) throw new VerificationError(`the issuer of ${name} is no CA`, field);
  const isNamed = equal(certificate.issuer, issuer.subject);
  if (!isNamed || !(await isSignedBy(certificate, issuer.publicKeyInfo))) {
    throw new VerificationError(`${name} is not signed by the next one`, field);
  }
}

// --- reading ------------------------------------------------------------------------------

function load(pem, field) {
  if (pem.length > MAX_PEM || !isAscii(pem)) {
    throw new MalformedError(`expected PEM of at most ${MAX_PEM} characters`, field);
  }
  let chain;
  try {
    chain = Array.from(pem.matchAll(PEM), ([, body]) =>
      readCertificate(fromB64(body.replaceAll(/\s/g, ""))),
    );
  } catch (error) {
    if (!(error instanceof MalformedError || error instanceof DerError)) throw error;
    chain = [];
  }
  if (chain.length === 0) throw new MalformedError("expected X.509 certificates in PEM", field);
  if (chain.length > MAX_CERTIFICATES) {
    const message = `expected at most ${MAX_CERTIFICATES} certificates, got ${chain.length}`;
    throw new MalformedError(message, field);
  }
  return chain;
}

/** Take a certificate apart (RFC 5280 §4.1). */
function readCertificate(octets) {
  const whole = expectTag(readElement(octets), SEQUENCE);
  const [signed, algorithm, signature] = readElements(whole.body);
  const members = readElements(expectTag(signed, SEQUENCE).body);
  if (members[0]?.tag === VERSION) members.shift();
  const [, , issuer, validity, subject, publicKeyInfo, ...rest] = members;
  const [notBefore, notAfter] = readElements(expectTag(validity, SEQUENCE).body);
  return {
    whole: octets,
    signed: signed.whole,
    algorithm: expectTag(algorithm, SEQUENCE).body,
    signature: readBits(signature),
    issuer: expectTag(issuer, SEQUENCE).whole,
    subject: expectTag(subject, SEQUENCE).whole,
    notBefore: readDay(notBefore),
    notAfter: readDay(notAfter),
    publicKeyInfo: expectTag(publicKeyInfo, SEQUENCE).whole,
    extensions: rest.find((one) => one.tag === EXTENSIONS)?.body ?? null,
  };
}

/** Read the day of UTCTime (two digits of the year, from 1950 on) or GeneralizedTime. */
function readDay(element) {
  const text = latin1(element?.body ?? new Uint8Array(0));
  const short = /^(\d\d)(\d\d)(\d\d)\d{6}Z$/.exec(text);
  const long = /^(\d{4})(\d\d)(\d\d)\d{6}Z$/.exec(text);
  if (element?.tag === 0x17 && short !== null) {
    const century = short[1] < "50" ? "20" : "19";
    return `${century}${short[1]}-${short[2]}-${short[3]}`;
  }
  if (element?.tag === 0x18 && long !== null) return long.slice(1).join("-");
  throw new DerError("not a time");
}

/** Tell whether a certificate is of a key: its SubjectPublicKeyInfo names it (RFC 5280 §4.1). */
function isOf(certificate, key, field) {
  let found;
  try {
    found = readPublicKey(certificate.publicKeyInfo);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new MalformedError("a key that cannot be read", field);
  }
  if (found === null) throw new MalformedError("expected a key of Ed25519 or P-256", field);
  return found.alg === key.alg && equal(found.raw, key.raw);
}

function readPublicKey(info) {
  const [algorithm, bits] = readElements(readElement(info).body);
  const [identifier, parameters] = readElements(expectTag(algorithm, SEQUENCE).body);
  const kind = readObjectIdentifier(identifier);
  const octets = readBits(bits);
  if (kind === "1.3.101.112") return new PublicKey("Ed25519", octets);
  if (kind !== "1.2.840.10045.2.1") return null;
  if (readObjectIdentifier(parameters) !== "1.2.840.10045.3.1.7") return null;
  if (octets[0] !== 4) throw new DerError("a compressed point");
  return new PublicKey("ES256", octets.subarray(1));
}

function isAuthority({ extensions }) {
  if (extensions === null) return false;
  for (const extension of readElements(readElement(extensions).body)) {
    const parts = readElements(extension.body);
    if (readObjectIdentifier(parts[0]) === BASIC_CONSTRAINTS) {
      const limits = readElement(expectTag(parts.at(-1), OCTET_STRING).body);
      const [ca] = readElements(expectTag(limits, SEQUENCE).body);
      return ca?.tag === BOOLEAN && ca.body[0] === 0xff;
    }
  }
  return false;
}

// --- names (RFC 4514) ---------------------------------------------------------------------

/** Write a name as RFC 4514 does: the last part first. */
function nameText(name) {
  const parts = readElements(readElement(name).body).map(({ body }) =>
    readElements(body).map(attributeText).join("+"),
  );
  return parts.reverse().join(",");
}

function attributeText({ body }) {
  const [identifier, value] = readElements(body);
  const type = readObjectIdentifier(identifier);
  return `${ABBREVIATIONS[type] ?? type}=${escaped(valueText(value))}`;
}

function valueText({ tag, body }) {
  const encodings = { 0x0c: "utf-8", 0x1c: "utf-32be", 0x1e: "utf-16be" };
  if (tag === 0x03) return `#${toHex(body.subarray(1))}`;
  const encoding = encodings[tag];
  if (encoding === "utf-8" || encoding === "utf-16be")
    return new TextDecoder(encoding).decode(body);
  if (encoding === "utf-32be") {
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const points = Array.from({ length: body.length >> 2 }, (_, at) => view.getUint32(4 * at));
    return String.fromCodePoint(...points);
  }
  return latin1(body);
}

function escaped(value) {
  if (value === "") return "";
  let text = value.replaceAll(/[\\"+,;<>]/g, "\\$&").replaceAll("\0", "\\00");
  if (text[0] === "#" || (text[0] === " " && text.length > 1)) text = `\\${text}`;
  return text.endsWith(" ") ? `${text.slice(0, -1)}\\ ` : text;
}
