/**
 * Sealed deposits: claims that stand behind digests until their own key opens them; mirrors
 * `provenance/sealed.py`.
 *
 *     deposit   sealed {"dataset_digest":"<digest>","salted_digest":"<digest>", ...}   now
 *     opening   record, and the disclosures of those very digests                      later
 *
 * What is kept meanwhile is a file of the owner's, without which nothing can ever be opened:
 *
 *     {"format":"provenance-sealed","v":1,"record":"<id>","disclosures":["<base64url>", ...]}
 *
 * Each of the two digests is sealed together with the thumbprint of the key that seals it: whoever
 * copies a commitment can never open it, for what comes to light names another key.
 *
 * @typedef {import("./sdjwt.js").Disclosure} Disclosure
 * @typedef {{record: Uint8Array, disclosures: Disclosure[]}} SealedSecret `record` is the id
 */

import { concat, equal, utf8 } from "./bytes.js";
import { makeDisclosure } from "./conceal.js";
import { SEALABLE, SEALED_DIGESTS } from "./deposit_types.js";
import { fromHex, toHex } from "./digests.js";
import { MalformedError, NotAuthorisedError } from "./errors.js";
import { dump } from "./strict_json.js";

const FORMAT = "provenance-sealed";
const VERSION = 1;

// --- reading ------------------------------------------------------------------------------

/**
 * Return what disclosures show of the claims that `deposit` sealed, checked.
 *
 * @param {Disclosure[]} parts
 * @param {{claims: object, kid: string}} deposit a parsed record
 * @returns {Record<string, any>} by name
 * @throws {MalformedError} a disclosure of something else, or of another key's commitment
 */
export function openClaims(parts, deposit) {
  const sealed = deposit.claims.sealed ?? {};
  const found = {};
  for (const part of parts) {
    const name = part.name ?? "";
    if (!Object.hasOwn(SEALABLE, name) || sealed[name] !== part.digest) {
      throw new MalformedError("the record did not seal it by this name", name || "_sd");
    }
    SEALABLE[name](part.value, name);
    found[name] = part.value;
    if (SEALED_DIGESTS.includes(name) && part.value.key !== deposit.kid) {
      throw new MalformedError(`expected ${deposit.kid}: it was copied`, `${name}.key`);
    }
  }
  return found;
}

/**
 * Check that an opening shows what `deposit` sealed, under the names it was sealed by; of
 * disclosures that were withheld or erased the digests are compared all the same.
 *
 * @param {object} opening a parsed record
 * @param {object} deposit a parsed record
 * @throws {NotAuthorisedError} another key than the one that sealed
 * @throws {MalformedError} it opens another record, or what this one did not seal
 */
export function checkOpening(opening, deposit) {
  if (opening.type !== "opening") {
    const message = `expected opening+sd-jwt, got ${opening.type}+sd-jwt`;
    throw new MalformedError(message, "header.typ");
  }
  if (!equal(fromHex(opening.payload.record), deposit.id)) {
    throw new MalformedError("it opens another record", "record");
  }
  if (opening.kid !== deposit.kid) {
    throw new NotAuthorisedError(`only ${deposit.kid} may open what it sealed`, "header.kid");
  }
  const sealed = Object.values(deposit.claims.sealed ?? {});
  opening.claims._sd.forEach((digest, number) => {
    if (!sealed.includes(digest)) {
      throw new MalformedError("the record did not seal it", `_sd[${number}]`);
    }
  });
  openClaims(opening.parts, deposit);
}

// --- making -------------------------------------------------------------------------------

/**
 * Make the disclosures of what is to be sealed, for `made` of `issueRecord`.
 *
 * @param {Record<string, unknown>} claims the two digests as hex; title, files and bytes as a
 *   deposit has them
 * @param {{key: string, salts: Iterator<Uint8Array>}} how thumbprint of the key that will sign
 * @returns {Disclosure[]}
 */
export function sealClaims(claims, { key, salts }) {
  return Object.entries(claims).map(([name, value]) => {
    const sealed = SEALED_DIGESTS.includes(name) ? { sha256: value, key } : value;
    return makeDisclosure(salts.next().value, sealed, name);
  });
}

// --- what the owner keeps -----------------------------------------------------------------

/**
 * @param {SealedSecret} secret
 * @returns {Uint8Array} the owner's file, one line
 */
export function renderSecret({ record, disclosures }) {
  const texts = disclosures.map((part) => part.text);
  const line = { format: FORMAT, v: VERSION, record: toHex(record), disclosures: texts };
  return concat(dump(line), utf8("\n"));
}
