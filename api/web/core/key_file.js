/**
 * Signing keys: made in the browser, kept in a file under a passphrase that the CLI reads, used
 * by WebCrypto alone.
 *
 * @typedef {object} Signer signs records; the private part cannot be taken out of it
 * @property {"Ed25519" | "ES256"} alg
 * @property {object} jwk public members, in the order of RFC 7638
 * @property {string} kid thumbprint, base64url
 * @property {CryptoKey} privateKey not extractable
 * @property {(octets: Uint8Array) => Promise<Uint8Array>} sign 64 bytes; of ES256 with low s
 */

const soon = () => {
  throw new Error("not yet");
};

/**
 * Make a key; whoever has the JWK can sign, so seal it and forget it at once.
 * @param {"Ed25519" | "ES256"} [alg]
 * @returns {Promise<object>} private JWK
 */
export async function createKey(alg = "Ed25519") {
  return soon(alg);
}
/** @param {object} jwk private @param {string} passphrase @returns {Promise<string>} the file */
export async function sealKeyFile(jwk, passphrase) {
  return soon(jwk, passphrase);
}
/** @param {string} text the file @param {string} passphrase @returns {Promise<object>} private JWK */
export async function openKeyFile(text, passphrase) {
  return soon(text, passphrase);
}
/** @param {object} jwk private or public @returns {string} RFC 7638 thumbprint, base64url */
export function thumbprintOf(jwk) {
  return soon(jwk);
}
/** @param {object} jwk private @returns {Promise<Signer>} */
export async function signerOf(jwk) {
  return soon(jwk);
}
/**
 * A signer from what IndexedDB keeps of one: `{alg, jwk, privateKey}`.
 * @param {{alg: string, jwk: object, privateKey: CryptoKey}} kept
 * @returns {Signer}
 */
export function signerFromKept(kept) {
  return soon(kept);
}
/** @param {Signer} signer @returns {{alg: string, jwk: object, privateKey: CryptoKey}} for `keep` */
export function keptOf(signer) {
  return soon(signer);
}
