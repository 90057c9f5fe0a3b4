/**
 * Types of record about who did what: contributions, answers to them, disputes and their ends;
 * mirrors `provenance/attribution_types.py`.
 *
 *               signed in the clear                             behind a digest (disclosures)
 *     contribution  record                                          each contributor
 *     response      record contributor answer                       reason roles
 *     transfer      record to
 *     withdrawal    record                                          reason
 *     correction    record ruling superseded_by                     reason
 *     dispute       records claims                                  question; each of parties
 *     statement     record event occurred evidence time_token       text evidence_names
 *                   relations
 *     ruling        record outcome corrects                         reasons
 */

import { lengthOf } from "./bytes.js";
import { fromB64 } from "./digests.js";
import { MalformedError, TooLargeError } from "./errors.js";
import {
  MAX_ITEMS,
  MAX_NAME,
  MAX_ROR,
  arrayOf,
  checkContributor,
  checkHex32,
  checkOrcidValue,
  checkRelation,
  checkRoles,
  checkRorValue,
  checkString,
  checkThumbprint,
  integer,
  lineOf,
  objectOf,
  oneOf,
  recordType,
  refuseSpaces,
} from "./record_checks.js";
import { checkLine } from "./text.js";

/** What a named person may answer. */
export const ANSWERS = Object.freeze(["accept", "object", "amend"]);

/** What a dispute may be about. */
const DISPUTED = Object.freeze(["priority", "authorship", "roles", "content", "rights", "other"]);

const SIDES = Object.freeze(["claimant", "respondent"]);

const OUTCOMES = Object.freeze(["upheld", "partly-upheld", "dismissed", "settled"]);

/** Events in the life of a dataset, in the words of the Measures for Managing Scientific Data. */
export const EVENTS = Object.freeze([
  "collect",
  "process",
  "submit",
  "preserve",
  "share",
  "use",
  "classify",
  "restrict",
  "retire",
  "transfer-of-rights",
]);

/** Characters of a text, reason or question: some ten pages. */
const MAX_PROSE = 20_000;
const MAX_FILE_NAME = 1_000;

/** An RFC 3161 token with its chain of certificates has 3 to 8 kB. */
const MAX_TOKEN_BYTES = 16 << 10;
const MAX_TOKEN_TEXT = Math.floor((MAX_TOKEN_BYTES + 2) / 3) * 4;
const SEQUENCE = 0x30;

/**
 * Check text of several lines: a line feed ends one, no other control character is there.
 *
 * @type {import("./record_checks.js").CheckValue}
 */
function checkProse(value, where) {
  const text = checkString(value, where);
  const length = lengthOf(text);
  if (length > MAX_PROSE) {
    throw new TooLargeError({ limit: MAX_PROSE, length, unit: "characters", field: where });
  }
  refuseSpaces(text, where);
  checkLine(text.replaceAll("\n", " "), where);
}

/** Check base64 of a DER object (RFC 3161 token); what it says is read elsewhere. */
function checkToken(value, where) {
  const text = checkString(value, where);
  if (lengthOf(text) > MAX_TOKEN_TEXT) {
    const length = Math.floor(lengthOf(text) / 4) * 3;
    throw new TooLargeError({ limit: MAX_TOKEN_BYTES, length, unit: "bytes", field: where });
  }
  if (fromB64(text, { field: where })[0] !== SEQUENCE) {
    throw new MalformedError("expected a DER time-stamp token", where);
  }
}

const checkParty = objectOf(
  {
    name: lineOf(MAX_NAME),
    orcid: checkOrcidValue,
    ror: arrayOf(checkRorValue, MAX_ROR),
    side: oneOf(SIDES),
  },
  ["orcid", "ror"],
);

const checkFileName = lineOf(MAX_FILE_NAME);

/** Check one name per piece of evidence: two pieces may have the same name. */
function checkNames(value, where) {
  if (!Array.isArray(value) || value.length === 0) {
    throw new MalformedError("expected an array with elements, or no such member", where);
  }
  if (value.length > MAX_ITEMS) {
    const { length } = value;
    throw new TooLargeError({ limit: MAX_ITEMS, length, unit: "elements", field: where });
  }
  value.forEach((one, number) => checkFileName(one, `${where}[${number}]`));
}

/** Refuse a statement that says nothing: a time alone is of no event. */
function checkStatement(claims) {
  const has = (name) => Object.hasOwn(claims, name);
  if (!["event", "evidence", "time_token", "relations", "_sd"].some(has)) {
    throw new MalformedError("expected text, an event or evidence", "event");
  }
  if (has("occurred") && !has("event")) {
    throw new MalformedError("expected the event that occurred", "event");
  }
}

function checkCorrection(claims) {
  if (claims.record === claims.superseded_by) {
    throw new MalformedError("expected another record", "superseded_by");
  }
}

/** Types of record about who did what. */
export const ATTRIBUTION_RECORDS = [
  recordType({
    name: "contribution",
    plain: { record: checkHex32 },
    required: ["record", "contributors"],
    elements: { contributors: checkContributor },
  }),
  recordType({
    name: "response",
    plain: { record: checkHex32, contributor: checkThumbprint, answer: oneOf(ANSWERS) },
    required: ["record", "contributor", "answer"],
    disclosable: { reason: checkProse, roles: checkRoles },
  }),
  recordType({
    name: "transfer",
    plain: { record: checkHex32, to: checkThumbprint },
    required: ["record", "to"],
  }),
  recordType({
    name: "withdrawal",
    plain: { record: checkHex32 },
    required: ["record"],
    disclosable: { reason: checkProse },
  }),
  recordType({
    name: "correction",
    plain: { record: checkHex32, ruling: checkHex32, superseded_by: checkHex32 },
    required: ["record"],
    disclosable: { reason: checkProse },
    whole: checkCorrection,
  }),
  recordType({
    name: "dispute",
    plain: {
      records: arrayOf(checkHex32),
      claims: arrayOf(oneOf(DISPUTED), DISPUTED.length),
    },
    required: ["records", "claims", "parties"],
    disclosable: { question: checkProse },
    elements: { parties: checkParty },
  }),
  recordType({
    name: "statement",
    plain: {
      record: checkHex32,
      event: oneOf(EVENTS),
      occurred: integer(0),
      evidence: arrayOf(checkHex32),
      time_token: checkToken,
      relations: arrayOf(checkRelation),
    },
    required: ["record"],
    disclosable: { text: checkProse, evidence_names: checkNames },
    whole: checkStatement,
  }),
  recordType({
    name: "ruling",
    plain: { record: checkHex32, outcome: oneOf(OUTCOMES), corrects: arrayOf(checkHex32) },
    required: ["record", "outcome"],
    disclosable: { reasons: checkProse },
  }),
];
