/**
 * Issue a record: an SD-JWT in our profile, signed (`docs/formats.md`, §5); `issue_record` of
 * `provenance/record.py`. The reading side is `parse_record.js`.
 *
 * @typedef {import("./sdjwt.js").Disclosure} Disclosure
 *
 * @typedef {object} Issued a signed record
 * @property {string} type
 * @property {string} id lower-case hex
 * @property {string} compact what is sent and kept, with its disclosures
 * @property {string} entry the JWS alone, what the log holds
 * @property {Disclosure[]} disclosures
 *
 * @typedef {object} Content what a record is made of
 * @property {string} type
 * @property {Record<string, unknown>} claims as a reader will see them: what must stand behind a
 *   digest is put there
 * @property {string} aud origin of the log it is meant for
 * @property {number} iat POSIX seconds
 * @property {Iterator<Uint8Array>} salts 16 random bytes or more each, never the same ones again
 * @property {string[]} [hold] names of disclosures to keep out of public view, as `title` or
 *   `contributors[2]`; `contributors` means all of them
 * @property {Disclosure[]} [made] named disclosures that are there already: of a deposit those that
 *   it seals, which are not in what comes back; of an opening those of the sealed deposit
 */

import { utf8 } from "./bytes.js";
import { conceal, Hidden } from "./conceal.js";
import { sha256, toB64url, toHex } from "./digests.js";
import { MalformedError, UnsupportedVersionError } from "./errors.js";
import { parseRecord } from "./parse_record.js";
import { TYPES } from "./record_types.js";
import { repr } from "./show.js";
import { dump, isObject } from "./strict_json.js";

const NOT_THE_CALLERS = ["_sd", "_sd_alg", "aud", "held", "iat", "sealed", "v"];

/**
 * Make and sign a record; what comes back has been read again as the service will read it.
 *
 * @param {Content} content
 * @param {import("./key_file.js").Signer} signer
 * @returns {Promise<Issued>}
 * @throws {MalformedError} or one of its leaves: the claims are not those of such a record
 */
export async function issueRecord(content, signer) {
  const { type, claims, aud, iat, salts, hold = [], made = [] } = content;
  const form = TYPES.get(type);
  if (form === undefined) {
    throw new UnsupportedVersionError(`unknown record type ${repr(type)}`, "header.typ");
  }
  const foreign = NOT_THE_CALLERS.find((name) => Object.hasOwn(claims, name));
  if (foreign !== undefined) throw new MalformedError("not for the caller to state", foreign);
  const { payload, disclosures } = conceal({ aud, iat, v: 1, ...marked(claims, form) }, salts);
  if (made.length > 0) {
    payload._sd = [...(payload._sd ?? []), ...made.map((one) => one.digest)].sort();
    if (type === "deposit") {
      payload.sealed = Object.fromEntries(made.map(({ name, digest }) => [name, digest]));
    } else {
      disclosures.push(...made);
    }
  }
  const held = digestsToHold(payload, disclosures, hold);
  if (held.length > 0) payload.held = held;
  return sign(type, payload, disclosures, signer);
}

function marked(claims, form) {
  const named = Object.entries(claims).map(([name, value]) => {
    if (Object.hasOwn(form.disclosable, name)) return [name, new Hidden(value)];
    if (Object.hasOwn(form.elements, name) && Array.isArray(value)) {
      return [name, value.map((one) => new Hidden(one))];
    }
    return [name, value];
  });
  return Object.fromEntries(named);
}

async function sign(type, payload, disclosures, signer) {
  const header = { alg: signer.alg, kid: signer.kid, typ: `${type}+sd-jwt` };
  if (type === "key") header.jwk = signer.jwk;
  const signingInput = utf8(`${toB64url(dump(header))}.${toB64url(dump(payload))}`);
  const signature = toB64url(await signer.sign(signingInput));
  const entry = `${new TextDecoder().decode(signingInput)}.${signature}`;
  const compact = `${entry}~${disclosures.map((one) => `${one.text}~`).join("")}`;
  parseRecord(compact, { complete: true });
  return { type, id: toHex(sha256(signingInput)), compact, entry, disclosures };
}

/** Return the digests of what `hold` names, sorted. */
function digestsToHold(payload, disclosures, hold) {
  const named = new Map();
  for (const { name, digest } of disclosures) if (name !== null) named.set(name, [digest]);
  for (const [name, value] of Object.entries(payload)) {
    if (!Array.isArray(value)) continue;
    value.forEach((one, number) => {
      if (!isObject(one) || !Object.hasOwn(one, "...")) return;
      if (!named.has(name)) named.set(name, []);
      named.get(name).push(one["..."]);
      named.set(`${name}[${number}]`, [one["..."]]);
    });
  }
  const unknown = hold.filter((name) => !named.has(name)).sort();
  if (unknown.length > 0) throw new MalformedError("nothing to hold has that name", unknown[0]);
  return [...new Set(hold.flatMap((name) => named.get(name)))].sort();
}
