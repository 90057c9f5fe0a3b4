/**
 * What a person enters, made into signed records: always the `key` record and then the other.
 *
 * @typedef {{name: string, orcid?: string, ror?: string[], roles?: string[]}} Person
 * @typedef {{aud: string, iat: number, salts?: Iterator<Uint8Array>}} Setting `aud` is the log's
 *   origin (of the policy), `iat` POSIX seconds
 */

/**
 * Sign a deposit, open or sealed.
 * @param {{summary: import("./fingerprint.js").Summary, title?: string, version?: string,
 *   contributors?: Person[], identifiers?: {type: string, value: string}[], license?: string,
 *   access?: string, relations?: {relation: string, record?: string, identifier?: string}[]}} about
 * @param {{holder: Person, hold?: string[], sealed?: null | {saltedDigest: Uint8Array,
 *   names?: string[]}} & Setting} setting `holder` goes into the key record
 * @param {import("./key_file.js").Signer} signer
 * @returns {Promise<{records: import("./record.js").Issued[], secret: Uint8Array | null}>} `secret`
 *   is the owner's `sealed.json`
 */
export async function composeDeposit(about, setting, signer) {
  throw new Error(`not yet ${about} ${setting} ${signer}`);
}
/**
 * Sign an answer to a claim that one contributed.
 * @param {{record: string, contributor: string, answer: "accept" | "object" | "amend",
 *   roles?: string[], reason?: string}} answer
 * @param {{holder: Person} & Setting} setting
 * @param {import("./key_file.js").Signer} signer
 * @returns {Promise<{records: import("./record.js").Issued[]}>}
 */
export async function composeResponse(answer, setting, signer) {
  throw new Error(`not yet ${answer} ${setting} ${signer}`);
}
/**
 * Sign for a deposit who contributed besides.
 * @param {{record: string, contributors: Person[]}} about
 * @param {{holder: Person} & Setting} setting
 * @param {import("./key_file.js").Signer} signer
 * @returns {Promise<{records: import("./record.js").Issued[]}>}
 */
export async function composeContribution(about, setting, signer) {
  throw new Error(`not yet ${about} ${setting} ${signer}`);
}
