/**
 * What a person entered about a dataset, made into signed records as `provenance deposit` does.
 *
 * @typedef {import("./compose_about.js").Person} Person
 * @typedef {import("./compose_about.js").Setting} Setting
 * @typedef {import("./record.js").Issued} Issued
 *
 * @typedef {object} About
 * @property {import("./fingerprint.js").Summary} summary
 * @property {string} [title]
 * @property {string} [version]
 * @property {Person[]} [contributors]
 * @property {{type: string, value: string}[]} [identifiers]
 * @property {string} [license] SPDX expression
 * @property {string} [access]
 * @property {{relation: string, record?: string, identifier?: string}[]} [relations]
 *
 * @typedef {object} Sealing
 * @property {Uint8Array} saltedDigest 32 bytes
 * @property {string[]} [names] of `title`, `files`, `bytes`: sealed beside the digests
 */

import { keyRecord, line, personOf, stated } from "./compose_about.js";
import { randomSalts } from "./conceal.js";
import { fromHex, toHex } from "./digests.js";
import { MalformedError } from "./errors.js";
import { issueRecord } from "./record.js";
import { renderSecret, sealClaims } from "./sealed.js";

/**
 * Sign a deposit, open or sealed.
 *
 * @param {About} about
 * @param {Setting & {hold?: string[], sealed?: Sealing | null}} setting
 * @param {import("./key_file.js").Signer} signer
 * @returns {Promise<{records: Issued[], secret: Uint8Array | null}>} the `key` record and the
 *   deposit; `secret` is the owner's `sealed.json`, without which nothing can ever be opened
 * @throws {MalformedError} or one of its leaves; `field` names the claim
 */
export async function composeDeposit(about, setting, signer) {
  const { salts = randomSalts(), hold = [], sealed = null, aud, iat } = setting;
  const all = depositClaims(about);
  const [claims, hidden] = sealed === null ? [all, {}] : seal(all, sealed);
  const made = sealClaims(hidden, { key: signer.kid, salts });
  const key = await keyRecord({ ...setting, salts }, signer);
  const content = { type: "deposit", claims, aud, iat, salts, hold, made };
  const deposit = await issueRecord(content, signer);
  const secret = { record: fromHex(deposit.id), disclosures: made };
  return { records: [key, deposit], secret: sealed === null ? null : renderSecret(secret) };
}

/**
 * Return what a deposit will say, before anything of it is sealed: to be shown to who signs.
 *
 * @param {About} about
 * @returns {Record<string, unknown>}
 */
function depositClaims(about) {
  const { title, version, contributors, license, access, identifiers, relations } = about;
  const { digest, files, length } = about.summary;
  return stated({
    title: line(title),
    version: line(version),
    contributors: contributors?.map(personOf),
    license,
    access,
    identifiers,
    relations,
    dataset_digest: toHex(digest),
    files,
    bytes: length,
    // every file was read and hashed here
    assurance: { rehashed: files },
  });
}

/** Take what is to be sealed out of a deposit's claims. */
function seal(claims, { saltedDigest, names = [] }) {
  const missing = names.find((name) => !Object.hasOwn(claims, name));
  if (missing !== undefined) throw new MalformedError("there is nothing to seal", missing);
  const hidden = { dataset_digest: claims.dataset_digest, salted_digest: toHex(saltedDigest) };
  for (const name of names) hidden[name] = claims[name];
  const left = Object.entries(claims).filter(([name]) => {
    // how many files were read says how many there are
    const saysCount = name === "assurance" && Object.hasOwn(hidden, "files");
    return !saysCount && !Object.hasOwn(hidden, name);
  });
  return [Object.fromEntries(left), hidden];
}

export { composeContribution, composeResponse } from "./compose_about.js";
