/**
 * What somebody means by what he typed into the one box of the look-up page. Pure; nothing is
 * asked of anybody.
 */

import { MalformedError } from "./errors.js";
import { bareOrcid, bareRor, checkOrcid, checkRor } from "./identifiers.js";

/**
 * @typedef {object} Question
 * @property {"digest" | "key" | "orcid" | "institution" | "doi" | "name" | "page"} kind `digest`
 *   may be a record's id as well, nothing tells them apart; `page` is an address of a ledger's page
 * @property {string} value as the API wants it; of a `page` its path
 */

/** Kinds that an address of the look-up page may name. */
export const KINDS = Object.freeze(["digest", "key", "orcid", "institution", "doi", "name"]);

const PAGE =
  /(?:^|\/)(records|disputes)\/([0-9a-f]{64})\b|\/(people|keys)\/([\w-]{19,43})(?![\w-])/;
const HEX = /^[0-9a-f]{64}$/;
const THUMBPRINT = /^[\w-]{43}$/;
/** The two ends of a digest, as the page shows it, or its beginning; no name has such digits. */
const SHORT = /^(?:0x)?(?:[\w-]{8,}(?:…|\.{3})[\w-]*|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,63})$/i;
const ORCID = /^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$/;
const ORCID_DIGITS = /^\d{15}[\dX]$/;
const ROR = /^0[0-9a-hjkmnp-tv-z]{6}\d{2}$/;
const DOI = /^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:\s*)?(10\.\d{4,9}\/\S+)$/i;

/**
 * Tell what is meant.
 *
 * @param {string} text as typed or pasted
 * @returns {Question | null} null where nothing was typed
 * @throws {import("./errors.js").CheckDigitError} an ORCID iD or ROR id with a typing error
 * @throws {MalformedError} a shortened digest, which nobody can look up; `field` is `short`
 */
export function recognizeQuestion(text) {
  const plain = text.normalize("NFC").trim();
  if (plain === "") return null;
  const page = PAGE.exec(plain);
  if (page !== null) return { kind: "page", value: `/${page[1] ?? page[3]}/${page[2] ?? page[4]}` };
  const doi = DOI.exec(plain);
  if (doi !== null) return { kind: "doi", value: doi[1] };
  const found = recognizeDigest(plain) ?? recognizeIdentifier(plain);
  if (found === null && SHORT.test(plain)) {
    throw new MalformedError("expected a whole digest, got a part of it", "short");
  }
  return found ?? { kind: "name", value: plain };
}

/** A digest, as tools write them: with a prefix, in groups, in capitals. */
function recognizeDigest(plain) {
  const digits = plain
    .toLowerCase()
    .replace(/^(?:sha-?256[:=\s]\s*|0x)/, "")
    .replace(/[\s:]/g, "");
  if (HEX.test(digits)) return { kind: "digest", value: digits };
  return THUMBPRINT.test(plain) ? { kind: "key", value: plain } : null;
}

function recognizeIdentifier(plain) {
  const orcid = bareOrcid(plain).toUpperCase();
  const grouped = ORCID_DIGITS.test(orcid) ? orcid.match(/.{4}/g).join("-") : orcid;
  if (ORCID.test(grouped)) {
    checkOrcid(grouped);
    return { kind: "orcid", value: grouped };
  }
  const ror = bareRor(plain).toLowerCase();
  if (!ROR.test(ror)) return null;
  checkRor(ror);
  return { kind: "institution", value: ror };
}

/**
 * Read the question that an address asks.
 *
 * A digest may stand behind the `#`, where no server sees it.
 *
 * @param {URLSearchParams} query
 * @param {string} [fragment]
 * @returns {{text: string, question: Question | null}} `text` for the box
 * @throws {MalformedError} or its leaf CheckDigitError, as `recognizeQuestion`
 */
export function questionOf(query, fragment = "") {
  const hidden = new URLSearchParams(fragment).get("digest");
  if (hidden !== null) return { text: hidden, question: recognizeQuestion(hidden) };
  for (const kind of KINDS) {
    const value = query.get(kind);
    if (value === null) continue;
    const plain = value.normalize("NFC").trim();
    if (kind === "name" || (kind === "institution" && recognizeQuestion(value)?.kind === "name")) {
      return { text: value, question: plain === "" ? null : { kind, value: plain } };
    }
    return { text: value, question: recognizeQuestion(value) };
  }
  const text = query.get("q") ?? "";
  return { text, question: recognizeQuestion(text) };
}

/**
 * Return the address that asks a question: to be shared, and of a digest without showing it.
 *
 * @param {Question} question
 * @returns {string}
 */
export function addressOf({ kind, value }) {
  if (kind === "page") return value;
  if (kind === "key") return `/keys/${value}`;
  if (kind === "orcid") return `/people/${value}`;
  if (kind === "digest") return `/find#digest=${value}`;
  return `/find?${new URLSearchParams({ [kind]: value })}`;
}
