/**
 * Whether one X.509 certificate is signed by the key of another (RFC 5280 §4.1.1.3), by what the
 * browser's own cryptography offers: Ed25519, ECDSA, and RSA with PKCS #1 v1.5.
 */

import { concat } from "./bytes.js";
import {
  INTEGER,
  SEQUENCE,
  expectTag,
  readElement,
  readElements,
  readObjectIdentifier,
} from "./der.js";

const CURVES = {
  "1.2.840.10045.3.1.7": { namedCurve: "P-256", length: 32 },
  "1.3.132.0.34": { namedCurve: "P-384", length: 48 },
  "1.3.132.0.35": { namedCurve: "P-521", length: 66 },
};

const SIGNATURES = {
  "1.3.101.112": { name: "Ed25519" },
  "1.2.840.10045.4.3.2": { name: "ECDSA", hash: "SHA-256" },
  "1.2.840.10045.4.3.3": { name: "ECDSA", hash: "SHA-384" },
  "1.2.840.10045.4.3.4": { name: "ECDSA", hash: "SHA-512" },
  "1.2.840.113549.1.1.11": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  "1.2.840.113549.1.1.12": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
  "1.2.840.113549.1.1.13": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
};

/**
 * @param {{signed: Uint8Array, algorithm: Uint8Array, signature: Uint8Array}} certificate
 * @param {Uint8Array} publicKeyInfo of the issuer
 * @returns {Promise<boolean>} false too where the algorithm is none of those above
 */
export async function isSignedBy({ signed, algorithm, signature }, publicKeyInfo) {
  try {
    const how = SIGNATURES[readObjectIdentifier(readElements(algorithm)[0])];
    if (how === undefined) return false;
    if (how.name !== "ECDSA") {
      const key = await importKey(publicKeyInfo, how);
      return await crypto.subtle.verify(how, key, signature, signed);
    }
    const curve = curveOf(publicKeyInfo);
    const key = await importKey(publicKeyInfo, { name: "ECDSA", namedCurve: curve.namedCurve });
    return await crypto.subtle.verify(how, key, rawSignature(signature, curve.length), signed);
  } catch {
    return false; // a key or a signature that cannot be read has signed nothing
  }
}

function importKey(info, how) {
  return crypto.subtle.importKey("spki", info, how, false, ["verify"]);
}

function curveOf(info) {
  const [algorithm] = readElements(readElement(info).body);
  return CURVES[readObjectIdentifier(readElements(algorithm.body)[1])];
}

/** Write an ECDSA signature, in DER two integers, as WebCrypto has it: r ‖ s of fixed length. */
function rawSignature(signature, length) {
  const numbers = readElements(expectTag(readElement(signature), SEQUENCE).body);
  return concat(...numbers.map((one) => fixed(expectTag(one, INTEGER).body, length)));
}

function fixed(octets, length) {
  const first = octets.findIndex((octet) => octet !== 0);
  const digits = octets.subarray(first === -1 ? octets.length : first);
  return concat(new Uint8Array(length - digits.length), digits);
}
