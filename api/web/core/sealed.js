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
import { MalformedError, NotAuthorisedError, UnsupportedVersionError } from "./errors.js";
import { issueRecord } from "./record.js";
import { parseDisclosure } from "./sdjwt.js";
import { dump, Members, parse } from "./strict_json.js";

const FORMAT = "provenance-sealed";
const VERSION = 1;

/** Five disclosures, the longest of them a title. */
export const MAX_SECRET_BYTES = 1 << 16;

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

/**
 * Make the record that opens `names` of a sealed deposit.
 *
 * @param {SealedSecret} secret
 * @param {string[]} names
 * @param {{aud: string, iat: number}} setting
 * @param {import("./key_file.js").Signer} signer
 * @returns {Promise<import("./record.js").Issued>}
 * @throws {MalformedError} a name that was not sealed
 */
export async function issueOpening(secret, names, { aud, iat }, signer) {
  const made = named(secret, names);
  const claims = { record: toHex(secret.record) };
  return issueRecord({ type: "opening", claims, aud, iat, salts: [].values(), made }, signer);
}

// --- what the owner keeps -----------------------------------------------------------------

/**
 * @param {SealedSecret} secret
 * @param {string[]} names
 * @returns {Disclosure[]} of these claims
 * @throws {MalformedError} one that is not sealed
 */
export function named(secret, names) {
  const made = new Map(secret.disclosures.map((part) => [part.name, part]));
  return names.map((name) => {
    if (!made.has(name)) throw new MalformedError("it was not sealed", name);
    return made.get(name);
  });
}

/**
 * @param {SealedSecret} secret
 * @returns {Uint8Array} the owner's file, one line
 */
export function renderSecret({ record, disclosures }) {
  const texts = disclosures.map((part) => part.text);
  const line = { format: FORMAT, v: VERSION, record: toHex(record), disclosures: texts };
  return concat(dump(line), utf8("\n"));
}

/**
 * Read the owner's file strictly.
 *
 * @param {Uint8Array} octets
 * @returns {SealedSecret}
 * @throws {MalformedError} `field` names the member
 */
export function parseSecret(octets) {
  const members = new Members(parse(octets, { maxBytes: MAX_SECRET_BYTES }));
  if (members.text("format") !== FORMAT || members.integer("v") !== VERSION) {
    throw new UnsupportedVersionError(`expected ${FORMAT} v${VERSION}`, "format");
  }
  const record = members.hex32("record");
  const limits = { maxLength: MAX_SECRET_BYTES, maxItems: Object.keys(SEALABLE).length };
  const texts = members.texts("disclosures", limits);
  const read = (part) => parse(part, { maxBytes: MAX_SECRET_BYTES, maxDepth: 2 });
  const disclosures = texts.map((text) => parseDisclosure(text, { field: "disclosures", read }));
  members.done();
  return { record, disclosures };
}
