/**
 * Issue a record: an SD-JWT in our profile, signed (`docs/formats.md`, §5).
 *
 * @typedef {object} Disclosure
 * @property {string} text base64url, as signed
 * @property {string} digest base64url
 * @property {string | null} name of the member; null for an element of an array
 * @property {unknown} value
 *
 * @typedef {object} Issued a signed record
 * @property {string} type
 * @property {string} id lower-case hex
 * @property {string} compact what is sent and kept, with all disclosures
 * @property {string} entry the JWS alone, what the log holds
 * @property {Disclosure[]} disclosures
 */

/**
 * @param {{type: string, claims: object, aud: string, iat: number, salts?: Iterator<Uint8Array>,
 *   hold?: string[], made?: Disclosure[]}} content as `issue_record` of `provenance/record.py`
 * @param {import("./key_file.js").Signer} signer
 * @returns {Promise<Issued>}
 */
export async function issueRecord(content, signer) {
  throw new Error(`not yet ${content.type} ${signer.kid}`);
}
