/**
 * What a person entered about a record, made into signed ones: always the `key` record first, so
 * that the log knows the key; it answers a known one as a repeat.
 *
 * @typedef {{name: string, orcid?: string, ror?: string[], roles?: string[]}} Person
 *
 * @typedef {object} Setting
 * @property {string} aud origin of the log, as its policy has it
 * @property {number} iat POSIX seconds
 * @property {Person} holder of the key: what the `key` record says of him
 * @property {Iterator<Uint8Array>} [salts] 16 random bytes each; random ones where none are given
 *
 * @typedef {import("./record.js").Issued} Issued
 */

import { randomSalts } from "./conceal.js";
import { bareOrcid, bareRor } from "./identifiers.js";
import { issueRecord } from "./record.js";
import { nfc } from "./text.js";

/**
 * Sign any record about another, as a `statement` or a `withdrawal`.
 *
 * @param {string} type
 * @param {Record<string, unknown>} claims empty ones are left out
 * @param {Setting} setting
 * @param {import("./key_file.js").Signer} signer
 * @returns {Promise<{records: Issued[]}>}
 * @throws {import("./errors.js").MalformedError} or one of its leaves; `field` names the claim
 */
async function composeAbout(type, claims, setting, signer) {
  const { aud, iat, salts = randomSalts() } = setting;
  const key = await keyRecord({ ...setting, salts }, signer);
  const record = await issueRecord({ type, claims: stated(claims), aud, iat, salts }, signer);
  return { records: [key, record] };
}

/**
 * Sign an answer to a claim that one contributed.
 *
 * @param {{record: string, contributor: string, answer: "accept" | "object" | "amend",
 *   roles?: string[], reason?: string}} answer `contributor` is the digest of the element
 * @param {Setting} setting
 * @param {import("./key_file.js").Signer} signer
 * @returns {Promise<{records: Issued[]}>}
 */
export async function composeResponse(answer, setting, signer) {
  const { record, contributor, roles } = answer;
  const claims = {
    record,
    contributor,
    answer: answer.answer,
    roles,
    reason: prose(answer.reason),
  };
  return composeAbout("response", claims, setting, signer);
}

/**
 * Sign who contributed to a deposit besides.
 *
 * @param {{record: string, contributors: Person[]}} about
 * @param {Setting} setting
 * @param {import("./key_file.js").Signer} signer
 * @returns {Promise<{records: Issued[]}>}
 */
export async function composeContribution({ record, contributors }, setting, signer) {
  const claims = { record, contributors: contributors.map(personOf) };
  return composeAbout("contribution", claims, setting, signer);
}

/**
 * Sign the record that makes the key known, with what its holder says of himself.
 *
 * @param {Setting} setting
 * @param {import("./key_file.js").Signer} signer
 * @returns {Promise<Issued>}
 */
export async function keyRecord({ aud, iat, holder, salts = randomSalts() }, signer) {
  const { name, orcid, ror } = personOf(holder);
  const claims = stated({ name, orcid, ror });
  return issueRecord({ type: "key", claims, aud, iat, salts }, signer);
}

/**
 * @param {Person} person as it was entered
 * @returns {Person} with bare identifiers, in NFC, and nothing that is empty
 */
export function personOf({ name, orcid, ror, roles }) {
  return stated({
    name: line(name),
    orcid: orcid && bareOrcid(orcid),
    ror: ror?.map(bareRor).filter(Boolean),
    roles,
  });
}

/**
 * @param {string | undefined} text one line as it was entered
 * @returns {string | undefined} in NFC, without white space around it
 */
export function line(text) {
  return text === undefined ? undefined : nfc(text.trim());
}

/** Return several lines as a record has them: in NFC, lines ending in a line feed. */
function prose(text) {
  return text === undefined ? undefined : nfc(text.replaceAll(/\r\n?/g, "\n").trim());
}

/**
 * @param {Record<string, unknown>} claims
 * @returns {Record<string, unknown>} those that say something
 */
export function stated(claims) {
  const isEmpty = (value) => value === undefined || value === null || value === "";
  return Object.fromEntries(
    Object.entries(claims).filter(
      ([, value]) => !isEmpty(value) && !(Array.isArray(value) && value.length === 0),
    ),
  );
}
